/* Generated from include/ by `make header`: do not edit. */

static void bad_etcd_client_sync(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_client_sync(NULL, &options, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_client_sync(closed_client, &options, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_client_sync(client, &options, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_client_sync(client, &options, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_client_sync(client, &options, &err));
}

static void bad_etcd_kv_get(void) {
  etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *out = GARBAGE(etcd_get_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_get(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_get(closed_client, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_get(client, text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get(client, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get(client, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get(client, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_get_async(void) {
  etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_get_async(NULL, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_get_async(closed_client, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_get_async(client, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_get_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_put(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_put_response_t *out = GARBAGE(etcd_put_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put(NULL, text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put(closed_client, text("good/key"), text("good/key"), &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put(client, text("good/key"), text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put(client, text("good/key"), text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put(client, text("good/key"), text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_put_async(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_async(NULL, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_async(closed_client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_async(client, text("good/key"), text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_delete(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_delete_response_t *out = GARBAGE(etcd_delete_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete(closed_client, text("good/key"), &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete(client, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete(client, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete(client, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_delete_async(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_async(NULL, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_async(closed_client, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_async(client, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_compact(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_compact(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_compact(closed_client, 1, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact(client, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact(client, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact(client, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_compact_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_compact_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_compact_async(closed_client, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_compact_async(client, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact_async(client, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact_async(client, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_compact_async(client, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_put_if_absent(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_absent(NULL, text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_absent(closed_client, text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_absent(client, text("good/key"), text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent(client, text("good/key"), text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent(client, text("good/key"), text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent(client, text("good/key"), text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_put_if_absent_async(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_absent_async(NULL, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_absent_async(closed_client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_absent_async(client, text("good/key"), text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_absent_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_put_if_value(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_value(NULL, text("good/key"), text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_value(closed_client, text("good/key"), text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_value(client, text("good/key"), text("good/key"), text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value(client, text("good/key"), text("good/key"), text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value(client, text("good/key"), text("good/key"), text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value(client, text("good/key"), text("good/key"), text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_put_if_value_async(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_value_async(NULL, text("good/key"), text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_value_async(closed_client, text("good/key"), text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_value_async(client, text("good/key"), text("good/key"), text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value_async(client, text("good/key"), text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value_async(client, text("good/key"), text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_value_async(client, text("good/key"), text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_put_if_revision(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_revision(NULL, text("good/key"), 1, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_revision(closed_client, text("good/key"), 1, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_revision(client, text("good/key"), 1, text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision(client, text("good/key"), 1, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision(client, text("good/key"), 1, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision(client, text("good/key"), 1, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_put_if_revision_async(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_revision_async(NULL, text("good/key"), 1, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_revision_async(closed_client, text("good/key"), 1, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_if_revision_async(client, text("good/key"), 1, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision_async(client, text("good/key"), 1, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision_async(client, text("good/key"), 1, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_if_revision_async(client, text("good/key"), 1, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_delete_if_value(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_value(NULL, text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_value(closed_client, text("good/key"), text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_delete_if_value(client, text("good/key"), text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value(client, text("good/key"), text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value(client, text("good/key"), text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value(client, text("good/key"), text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_delete_if_value_async(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_value_async(NULL, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_value_async(closed_client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_value_async(client, text("good/key"), text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_value_async(client, text("good/key"), text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_delete_if_revision(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_revision(NULL, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_revision(closed_client, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_delete_if_revision(client, text("good/key"), 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision(client, text("good/key"), 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision(client, text("good/key"), 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision(client, text("good/key"), 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_delete_if_revision_async(void) {
  etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_revision_async(NULL, text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_revision_async(closed_client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_delete_if_revision_async(client, text("good/key"), 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_delete_if_revision_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_put_ttl(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_put_response_t *out = GARBAGE(etcd_put_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_ttl(NULL, text("good/key"), text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_ttl(closed_client, text("good/key"), text("good/key"), 1, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl(client, text("good/key"), text("good/key"), 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl(client, text("good/key"), text("good/key"), 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl(client, text("good/key"), text("good/key"), 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_put_ttl_async(void) {
  etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_ttl_async(NULL, text("good/key"), text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_ttl_async(closed_client, text("good/key"), text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_put_ttl_async(client, text("good/key"), text("good/key"), 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl_async(client, text("good/key"), text("good/key"), 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl_async(client, text("good/key"), text("good/key"), 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_put_ttl_async(client, text("good/key"), text("good/key"), 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_range_open(void) {
  etcd_range_options_t options = ETCD_RANGE_OPTIONS_INIT;
  etcd_range_t *out = GARBAGE(etcd_range_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_range_open(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_range_open(closed_client, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_range_open(client, text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_txn_commit(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_txn_response_t *out = GARBAGE(etcd_txn_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_txn_commit(NULL, GOOD_etcd_txn_t, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_txn_commit(closed_client, GOOD_etcd_txn_t, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit(client, GOOD_etcd_txn_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit(client, GOOD_etcd_txn_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit(client, GOOD_etcd_txn_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_txn_commit_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_txn_commit_async(NULL, GOOD_etcd_txn_t, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_txn_commit_async(closed_client, GOOD_etcd_txn_t, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_txn_commit_async(client, GOOD_etcd_txn_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit_async(client, GOOD_etcd_txn_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit_async(client, GOOD_etcd_txn_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_txn_commit_async(client, GOOD_etcd_txn_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_kv_do(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_op_response_t *out = GARBAGE(etcd_op_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_do(NULL, GOOD_etcd_op_t, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_do(closed_client, GOOD_etcd_op_t, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do(client, GOOD_etcd_op_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do(client, GOOD_etcd_op_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do(client, GOOD_etcd_op_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_do_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_do_async(NULL, GOOD_etcd_op_t, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_do_async(closed_client, GOOD_etcd_op_t, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_do_async(client, GOOD_etcd_op_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do_async(client, GOOD_etcd_op_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do_async(client, GOOD_etcd_op_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_do_async(client, GOOD_etcd_op_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_grant(void) {
  etcd_lease_grant_options_t options = ETCD_LEASE_GRANT_OPTIONS_INIT;
  etcd_lease_grant_response_t *out = GARBAGE(etcd_lease_grant_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_grant(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_grant(closed_client, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_grant(client, 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant(client, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant(client, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant(client, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_grant_async(void) {
  etcd_lease_grant_options_t options = ETCD_LEASE_GRANT_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_grant_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_grant_async(closed_client, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_grant_async(client, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant_async(client, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant_async(client, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_grant_async(client, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_revoke(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_revoke(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_revoke(closed_client, 1, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke(client, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke(client, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke(client, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_revoke_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_revoke_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_revoke_async(closed_client, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_revoke_async(client, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke_async(client, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke_async(client, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_revoke_async(client, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_keep_alive_once(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_keep_alive_response_t *out = GARBAGE(etcd_lease_keep_alive_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_once(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_once(closed_client, 1, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once(client, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once(client, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once(client, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_keep_alive_once_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_once_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_once_async(closed_client, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_once_async(client, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once_async(client, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once_async(client, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_once_async(client, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_time_to_live(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_time_to_live_response_t *out = GARBAGE(etcd_lease_time_to_live_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_time_to_live(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_time_to_live(closed_client, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_time_to_live(client, 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live(client, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live(client, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live(client, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_time_to_live_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_time_to_live_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_time_to_live_async(closed_client, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_time_to_live_async(client, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live_async(client, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live_async(client, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_time_to_live_async(client, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_list(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_list_response_t *out = GARBAGE(etcd_lease_list_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_list(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_list(closed_client, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_list(client, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list(client, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list(client, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list(client, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_list_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_list_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_list_async(closed_client, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_list_async(client, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list_async(client, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list_async(client, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_list_async(client, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_keep_alive_open(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_keep_alive_t *out = GARBAGE(etcd_lease_keep_alive_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_open(NULL, 1, &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_open(closed_client, 1, &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_open(client, 1, &options, queue, NULL, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_open(client, 1, &options, queue, NULL, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_open(client, 1, &options, queue, NULL, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_open(client, 1, &options, queue, NULL, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_watch_open(void) {
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_watch_t *out = GARBAGE(etcd_watch_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_watch_open(NULL, text("good/key"), &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_watch_open(closed_client, text("good/key"), &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_watch_open(client, text("good/key"), &options, queue, NULL, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_watch_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_watch_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_watch_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_wait_for(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_get_response_t *out = GARBAGE(etcd_get_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_wait_for(NULL, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_wait_for(closed_client, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_wait_for(client, text("good/key"), 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for(client, text("good/key"), 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for(client, text("good/key"), 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for(client, text("good/key"), 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_kv_wait_for_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_wait_for_async(NULL, text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_wait_for_async(closed_client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_kv_wait_for_async(client, text("good/key"), 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_kv_wait_for_async(client, text("good/key"), 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_session_open(void) {
  etcd_lease_session_options_t options = ETCD_LEASE_SESSION_OPTIONS_INIT;
  etcd_lease_session_t *out = GARBAGE(etcd_lease_session_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_open(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_open(closed_client, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_session_open(client, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_open(client, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_open(client, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_open(client, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_session_lease(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_session_response_t *out = GARBAGE(etcd_lease_session_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lease(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lease(closed_session, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_session_lease(GOOD_etcd_lease_session_t, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease(GOOD_etcd_lease_session_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease(GOOD_etcd_lease_session_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease(GOOD_etcd_lease_session_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_session_lease_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lease_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lease_async(closed_session, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lease_async(GOOD_etcd_lease_session_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lease_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_session_lost(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lost(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lost(closed_session, 1, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost(GOOD_etcd_lease_session_t, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost(GOOD_etcd_lease_session_t, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost(GOOD_etcd_lease_session_t, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_session_lost_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lost_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lost_async(closed_session, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_lost_async(GOOD_etcd_lease_session_t, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost_async(GOOD_etcd_lease_session_t, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost_async(GOOD_etcd_lease_session_t, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_lost_async(GOOD_etcd_lease_session_t, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_lease_session_end(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_end(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_end(closed_session, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end(GOOD_etcd_lease_session_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end(GOOD_etcd_lease_session_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end(GOOD_etcd_lease_session_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lease_session_end_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_end_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_end_async(closed_session, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lease_session_end_async(GOOD_etcd_lease_session_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lease_session_end_async(GOOD_etcd_lease_session_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_mutex_lock(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_ownership_response_t *out = GARBAGE(etcd_ownership_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lock(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lock(closed_mutex, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_mutex_lock(GOOD_etcd_mutex_t, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_mutex_lock_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lock_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lock_async(closed_mutex, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lock_async(GOOD_etcd_mutex_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_mutex_try_lock(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_ownership_response_t *out = GARBAGE(etcd_ownership_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_try_lock(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_try_lock(closed_mutex, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_mutex_try_lock(GOOD_etcd_mutex_t, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock(GOOD_etcd_mutex_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_mutex_try_lock_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_try_lock_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_try_lock_async(closed_mutex, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_try_lock_async(GOOD_etcd_mutex_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_try_lock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_mutex_unlock(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_unlock(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_unlock(closed_mutex, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock(GOOD_etcd_mutex_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock(GOOD_etcd_mutex_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock(GOOD_etcd_mutex_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_mutex_unlock_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_unlock_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_unlock_async(closed_mutex, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_unlock_async(GOOD_etcd_mutex_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_unlock_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_mutex_check(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_ownership_response_t *out = GARBAGE(etcd_ownership_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_check(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_check(closed_mutex, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check(GOOD_etcd_mutex_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check(GOOD_etcd_mutex_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check(GOOD_etcd_mutex_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_mutex_check_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_check_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_check_async(closed_mutex, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_check_async(GOOD_etcd_mutex_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_check_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_mutex_lost(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lost(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lost(closed_mutex, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost(GOOD_etcd_mutex_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost(GOOD_etcd_mutex_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost(GOOD_etcd_mutex_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_mutex_lost_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lost_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lost_async(closed_mutex, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_mutex_lost_async(GOOD_etcd_mutex_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_mutex_lost_async(GOOD_etcd_mutex_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_campaign(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_ownership_response_t *out = GARBAGE(etcd_ownership_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_campaign(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_campaign(closed_election, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_election_campaign(GOOD_etcd_election_t, text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_campaign_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_campaign_async(NULL, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_campaign_async(closed_election, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_campaign_async(GOOD_etcd_election_t, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_campaign_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_resume(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_ownership_response_t *out = GARBAGE(etcd_ownership_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resume(NULL, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resume(closed_election, 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_election_resume(GOOD_etcd_election_t, 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume(GOOD_etcd_election_t, 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume(GOOD_etcd_election_t, 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume(GOOD_etcd_election_t, 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_resume_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resume_async(NULL, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resume_async(closed_election, 1, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resume_async(GOOD_etcd_election_t, 1, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume_async(GOOD_etcd_election_t, 1, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume_async(GOOD_etcd_election_t, 1, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resume_async(GOOD_etcd_election_t, 1, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_proclaim(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_proclaim(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_proclaim(closed_election, text("good/key"), &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim(GOOD_etcd_election_t, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_proclaim_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_proclaim_async(NULL, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_proclaim_async(closed_election, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_proclaim_async(GOOD_etcd_election_t, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_proclaim_async(GOOD_etcd_election_t, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_resign(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resign(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resign(closed_election, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign(GOOD_etcd_election_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign(GOOD_etcd_election_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign(GOOD_etcd_election_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_resign_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resign_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resign_async(closed_election, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_resign_async(GOOD_etcd_election_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_resign_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_lost(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_lost(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_lost(closed_election, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost(GOOD_etcd_election_t, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost(GOOD_etcd_election_t, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost(GOOD_etcd_election_t, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_lost_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_lost_async(NULL, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_lost_async(closed_election, &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_lost_async(GOOD_etcd_election_t, &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_lost_async(GOOD_etcd_election_t, &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_leader(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_election_leader_response_t *out = GARBAGE(etcd_election_leader_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_leader(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_leader(closed_client, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_election_leader(client, text("good/key"), &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader(client, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader(client, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader(client, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_election_leader_async(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_call_t *call = GARBAGE(etcd_call_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_leader_async(NULL, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_leader_async(closed_client, text("good/key"), &options, queue, NULL, &call, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_leader_async(client, text("good/key"), &options, NULL, NULL, &call, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_leader_async(client, text("good/key"), &options, queue, NULL, &call, &err));
  CHECK(call == NULL);
}

static void bad_etcd_election_observer_open(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_election_observer_t *out = GARBAGE(etcd_election_observer_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_observer_open(NULL, text("good/key"), &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_election_observer_open(closed_client, text("good/key"), &options, queue, NULL, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_election_observer_open(client, text("good/key"), &options, queue, NULL, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_observer_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_observer_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_election_observer_open(client, text("good/key"), &options, queue, NULL, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_stm_run(void) {
  etcd_stm_options_t options = ETCD_STM_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_stm_run(NULL, GOOD_etcd_stm_cb, NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_stm_run(closed_client, GOOD_etcd_stm_cb, NULL, &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_stm_run(client, GOOD_etcd_stm_cb, NULL, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_stm_run(client, GOOD_etcd_stm_cb, NULL, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_stm_run(client, GOOD_etcd_stm_cb, NULL, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_member_list(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_member_list_response_t *out = GARBAGE(etcd_member_list_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_member_list(NULL, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_member_list(closed_client, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_member_list(client, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_member_list(client, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_member_list(client, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_member_list(client, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_maintenance_status(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_maintenance_status_response_t *out = GARBAGE(etcd_maintenance_status_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_maintenance_status(NULL, "mem:good", &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_maintenance_status(closed_client, "mem:good", &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_maintenance_status(client, "mem:good", &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_maintenance_status(client, "mem:good", &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_maintenance_status(client, "mem:good", &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_maintenance_status(client, "mem:good", &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lock_service_lock(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lock_service_lock_response_t *out = GARBAGE(etcd_lock_service_lock_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lock_service_lock(NULL, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lock_service_lock(closed_client, text("good/key"), 1, &options, &out, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT, etcd_lock_service_lock(client, text("good/key"), 1, &options, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_lock(client, text("good/key"), 1, &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_lock(client, text("good/key"), 1, &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_lock(client, text("good/key"), 1, &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_etcd_lock_service_unlock(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  uint32_t bit;
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lock_service_unlock(NULL, text("good/key"), &options, &out, &err));
  REFUSED(ETCD_ERR_BAD_HANDLE, etcd_lock_service_unlock(closed_client, text("good/key"), &options, &out, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    if (bit & 0x3fffff00u) continue;
    options.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_unlock(client, text("good/key"), &options, &out, &err));
  }
  options.flags = 0;
  options.size = sizeof options.size;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_unlock(client, text("good/key"), &options, &out, &err));
  options.size = 0;
  REFUSED(ETCD_ERR_UNSUPPORTED, etcd_lock_service_unlock(client, text("good/key"), &options, &out, &err));
  CHECK(out == NULL);
}

static void bad_calls(void) {
  bad_etcd_client_sync();
  bad_etcd_kv_get();
  bad_etcd_kv_get_async();
  bad_etcd_kv_put();
  bad_etcd_kv_put_async();
  bad_etcd_kv_delete();
  bad_etcd_kv_delete_async();
  bad_etcd_kv_compact();
  bad_etcd_kv_compact_async();
  bad_etcd_kv_put_if_absent();
  bad_etcd_kv_put_if_absent_async();
  bad_etcd_kv_put_if_value();
  bad_etcd_kv_put_if_value_async();
  bad_etcd_kv_put_if_revision();
  bad_etcd_kv_put_if_revision_async();
  bad_etcd_kv_delete_if_value();
  bad_etcd_kv_delete_if_value_async();
  bad_etcd_kv_delete_if_revision();
  bad_etcd_kv_delete_if_revision_async();
  bad_etcd_kv_put_ttl();
  bad_etcd_kv_put_ttl_async();
  bad_etcd_range_open();
  bad_etcd_txn_commit();
  bad_etcd_txn_commit_async();
  bad_etcd_kv_do();
  bad_etcd_kv_do_async();
  bad_etcd_lease_grant();
  bad_etcd_lease_grant_async();
  bad_etcd_lease_revoke();
  bad_etcd_lease_revoke_async();
  bad_etcd_lease_keep_alive_once();
  bad_etcd_lease_keep_alive_once_async();
  bad_etcd_lease_time_to_live();
  bad_etcd_lease_time_to_live_async();
  bad_etcd_lease_list();
  bad_etcd_lease_list_async();
  bad_etcd_lease_keep_alive_open();
  bad_etcd_watch_open();
  bad_etcd_kv_wait_for();
  bad_etcd_kv_wait_for_async();
  bad_etcd_lease_session_open();
  bad_etcd_lease_session_lease();
  bad_etcd_lease_session_lease_async();
  bad_etcd_lease_session_lost();
  bad_etcd_lease_session_lost_async();
  bad_etcd_lease_session_end();
  bad_etcd_lease_session_end_async();
  bad_etcd_mutex_lock();
  bad_etcd_mutex_lock_async();
  bad_etcd_mutex_try_lock();
  bad_etcd_mutex_try_lock_async();
  bad_etcd_mutex_unlock();
  bad_etcd_mutex_unlock_async();
  bad_etcd_mutex_check();
  bad_etcd_mutex_check_async();
  bad_etcd_mutex_lost();
  bad_etcd_mutex_lost_async();
  bad_etcd_election_campaign();
  bad_etcd_election_campaign_async();
  bad_etcd_election_resume();
  bad_etcd_election_resume_async();
  bad_etcd_election_proclaim();
  bad_etcd_election_proclaim_async();
  bad_etcd_election_resign();
  bad_etcd_election_resign_async();
  bad_etcd_election_lost();
  bad_etcd_election_lost_async();
  bad_etcd_election_leader();
  bad_etcd_election_leader_async();
  bad_etcd_election_observer_open();
  bad_etcd_stm_run();
  bad_etcd_member_list();
  bad_etcd_maintenance_status();
  bad_etcd_lock_service_lock();
  bad_etcd_lock_service_unlock();
}
