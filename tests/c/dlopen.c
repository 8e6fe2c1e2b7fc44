/* Loading at run time, privately, and unloading, again and again.
 *
 * dlopen ENDPOINTS LIBRARY ROUNDS */
#include "check.h"

#include <dlfcn.h>

/* As the header declares them, found by name. */
static etcd_status_t (*open_url)(const char *, etcd_client_t **, etcd_error_t **);
static etcd_status_t (*kv_put)(etcd_client_t *, etcd_bytes_t, etcd_bytes_t, const etcd_put_options_t *,
                               etcd_put_response_t **, etcd_error_t **);
static void (*client_close)(etcd_client_t *);

static void find(void *library, const char *name, void *into) {
  void *symbol = dlsym(library, name);
  if (symbol == NULL) FAIL("%s: %s", name, dlerror());
  memcpy(into, &symbol, sizeof symbol);
}

static int is_mapped(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4200];
  int found = 0;
  CHECK(maps != NULL);
  while (fgets(line, sizeof line, maps) != NULL) found |= strstr(line, "libetcd.so") != NULL;
  fclose(maps);
  return found;
}

int main(int argc, char **argv) {
  int i, rounds;
  alarm(120);
  CHECK(argc > 3);
  rounds = number(argv[3]);
  CHECK(!is_mapped());
  for (i = 0; i < rounds; i++) {
    void *library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    etcd_client_t *client = NULL;
    if (library == NULL) FAIL("%s", dlerror());
    CHECK(dlsym(RTLD_DEFAULT, "etcd_client_open_endpoints") == NULL);
    find(library, "etcd_client_open_endpoints", &open_url);
    find(library, "etcd_kv_put", &kv_put);
    find(library, "etcd_client_close", &client_close);
    /* Unused every seventh time, left open every tenth. */
    if (i % 7 != 0) {
      CHECK(open_url(argv[1], &client, NULL) == ETCD_OK);
      CHECK(kv_put(client, text("dlopen"), text("x"), NULL, NULL, NULL) == ETCD_OK);
      if (i % 10 != 9) client_close(client);
    }
    CHECK(dlclose(library) == 0);
    CHECK(is_mapped());
  }
  /* With clients still open. */
  sleep_ms(50);
  return 0;
}
