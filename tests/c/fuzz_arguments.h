/* Random arguments for fuzz_api.c: one function for each type, which draws by the argument's name. */

static uint8_t block[BLOCK];
static char texts[16 * 1024];
/* What the store is at, and leases that it has, so that arguments hit. */
static int64_t revision;
static int64_t leases[SLOTS];

static const char *const keys[] = { "", "a", "a/b", "a/b/c", "a/c", "b", "b/1", "b/2", "c", "d" };

static etcd_bytes_t any_etcd_bytes_t(const char *name) {
  int option = strchr(name, '.') != NULL;
  /* Certificates and prefixes of clients: rarely, or no client can do anything. */
  if (strncmp(name, "etcd_client_", 12) == 0 && !one_in(40)) return bytes(NULL, 0);
  if (option && !one_in(me()->wild ? 3 : 10)) return bytes(NULL, 0);
  switch (me()->wild ? below(20) : 3 + below(40)) {
  case 0: return bytes(NULL, 0);
  case 1: return bytes(NULL, 5);
  /* Refused before it is read. */
  case 2: return strcmp(name, "prefix") == 0 ? bytes(block, 9) : bytes(block, (size_t)INT32_MAX + 1 + below(9));
  case 3: return bytes(block + below(BLOCK / 2), below(one_in(20) ? BLOCK / 2 : 2000));
  case 4: case 5: return bytes(block + below(BLOCK / 2), below(9));
  default: return text(keys[!me()->wild + below(sizeof keys / sizeof *keys - 1)]);
  }
}

static const char *any_text(const char *name) {
  const char *field = strchr(name, '.');
  if (strstr(name, "endpoint") != NULL || strstr(name, "server_names") != NULL) {
    /* Without options a call may take A_CALL. */
    if (one_in(field != NULL ? 8 : 60)) return unreachable;
    if (!one_in(12)) return endpoints[below(endpoint_count)];
  } else if (field != NULL && !one_in(150)) {
    return NULL;
  }
  switch (below(8)) {
  case 0: return NULL;
  case 1: return texts + below(sizeof texts);
  case 2: return texts + sizeof texts - 1 - below(12);
  case 3: return "/dev/null";
  default: return keys[below(sizeof keys / sizeof *keys)];
  }
}

static const etcd_server *any_servers(void) {
  static char memory[] = "mem:", other[] = "mem:classic", wrong[] = "no host";
  static const etcd_server lists[][2] = {
    { { memory, 0 }, { NULL, 0 } }, { { other, 0 }, { NULL, 0 } }, { { wrong, 1 }, { NULL, 0 } }, { { NULL, 0 }, { NULL, 0 } },
  };
  return one_in(10) ? NULL : lists[below(4)];
}

static int64_t any_int64_t(const char *name) {
  int option = strchr(name, '.') != NULL;
  if (option && !one_in(me()->wild ? 4 : 15)) return 0;
  switch (me()->wild ? below(16) : 4 + below(40)) {
  case 0: return -1;
  case 1: return INT64_MAX - below(2);
  case 2: return INT64_MIN + below(2);
  case 3: return (int64_t)next_random();
  case 4: case 5: return below(4);
  default: break;
  }
  /* Not only those that are compacted or to come. */
  if (strcmp(name, "seen_revision") == 0 && one_in(2)) return 0;
  if (strstr(name, "revision") != NULL)
    return __atomic_load_n(&revision, __ATOMIC_RELAXED) - below(8) + below(4);
  if (strstr(name, "id") != NULL || strstr(name, "lease") != NULL)
    return __atomic_load_n(&leases[below(SLOTS)], __ATOMIC_RELAXED);
  return 1 + below(10);
}

static bool any_bool(const char *name) {
  (void)name;
  return one_in(2);
}

static uint64_t any_uint64_t(const char *name) {
  (void)name;
  return next_random();
}

/* How long a call or a wait may take. In a callback not long: others wait for it. */
static uint32_t any_time(void) {
  static const uint32_t times[] = { 1, 2, 5, 10, 20, 40, 100 };
  uint32_t ms = times[below(me()->nested ? 4 : sizeof times / sizeof *times)];
  may_take(ms);
  return ms;
}

static uint32_t any_uint32_t(const char *name) {
  const char *field = strchr(name, '.');
  if (strcmp(name, "ttl") == 0) return one_in(10) ? (uint32_t)next_random() : below(10);
  if (field == NULL) return (uint32_t)next_random();
  if (strncmp(name, "etcd_client_", 12) == 0) {
    if (strcmp(field, ".timeout_ms") == 0) return 1 + below(100);
    if (!one_in(25)) return 0;
    return one_in(2) ? 100 + below(400) : (uint32_t)next_random();
  }
  if (strcmp(field, ".timeout_ms") == 0) {
    if (me()->nested) return any_time();
    switch (below(4000)) {
    case 0: may_take(FOR_EVER); return ETCD_TIMEOUT_NONE;
    case 1: case 2: case 3: may_take(INT64_MAX / 2); return (uint32_t)next_random() >> 8;
    default: break;
    }
    if (!one_in(6)) return any_time();
    may_take(A_CALL);
    return 0;
  }
  if (strcmp(field, ".flags") == 0) {
    uint32_t flags = 0;
    while (one_in(me()->wild ? 2 : 4)) flags |= 1u << (8 + below(15));
    return wild_one_in(20) ? (uint32_t)next_random() : flags;
  }
  return one_in(25) ? (uint32_t)next_random() : 0;
}

static int32_t any_int32_t(const char *name) {
  if (strcmp(name, "wait_ms") == 0) {
    if (one_in(3)) return 0;
    if (wild_one_in(20)) return -2 - (int32_t)below(9);
    if (!me()->nested && one_in(2000)) {
      may_take(FOR_EVER);
      return ETCD_WAIT_FOREVER;
    }
    return (int32_t)any_time();
  }
  if (strchr(name, '.') != NULL && !one_in(me()->wild ? 8 : 20)) return 0;
  if (!me()->wild && strcmp(name, "branch") == 0) return ETCD_BRANCH_THEN + (int32_t)below(2);
  if (!me()->wild && strcmp(name, "target") == 0) return ETCD_TARGET_CREATE + (int32_t)below(2);
  if (!me()->wild && strcmp(name, "relation") == 0) return ETCD_COMPARE_EQUAL;
  if (wild_one_in(10)) return (int32_t)next_random();
  return numbers_at(below(1000));
}

static etcd_status_t any_etcd_status_t(const char *name) {
  (void)name;
  return one_in(20) ? (etcd_status_t)next_random() : -(etcd_status_t)below(270);
}

static int any_index(void) {
  return one_in(3) ? 0 : (int)(__atomic_load_n(&revision, __ATOMIC_RELAXED) - below(8) + below(4));
}

/* In a callback options are given, so that their time is. */
static int any_presence(void) {
  if (me()->nested || !one_in(8)) return 1;
  may_take(A_CALL);
  return 0;
}

static void any_size(size_t *size, size_t whole, uint8_t *tail) {
  if (!wild_one_in(8)) return;
  /* Perhaps without the field of the timeout: then the client's. */
  if (!me()->nested) may_take(A_CALL);
  switch (me()->nested ? 3 : below(5)) {
  case 0: *size = 0; break;
  case 1: *size = whole - 8 * below((uint32_t)whole / 8); break;
  case 2: *size = (size_t)next_random() | (size_t)1 << 40; break;
  case 3: *size = whole + 8 * below(TAIL / 8 + 1); break;
  default: *size = whole + TAIL; tail[below(TAIL)] = (uint8_t)below(3); break;
  }
}
