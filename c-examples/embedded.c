/* mem: is an etcd inside the process, such as tests want: here are the tests of a function, on it and on a cluster.
 * usage: embedded [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    exit(EXIT_FAILURE);
}

/* The function under test. It gives a key another name, and knows nothing of where it runs. ETCD_EMPTY: no such key. */
static etcd_status_t rename_key(etcd_client_t *client, const char *from, const char *to, etcd_error_t **error)
{
    etcd_get_response_t *found;
    etcd_status_t status = etcd_kv_get(client, etcd_str(from), NULL, &found, error);

    if (status != ETCD_OK) return status;
    if (found->kv_count == 0) status = ETCD_EMPTY;
    else status = etcd_kv_put(client, etcd_str(to), found->kvs[0].value, NULL, NULL, error);
    etcd_get_response_free(found);
    return status == ETCD_OK ? etcd_kv_delete(client, etcd_str(from), NULL, NULL, error) : status;
}

/* For the tests. */

static etcd_client_t *open_client(const char *endpoints)
{
    etcd_client_t *client;
    etcd_error_t *error;

    if (etcd_client_open_endpoints(endpoints, &client, &error)) die("open", error);
    return client;
}

static void put(etcd_client_t *client, const char *key, const char *value)
{
    etcd_error_t *error;

    if (etcd_kv_put(client, etcd_str(key), etcd_str(value), NULL, NULL, &error)) die("put", error);
}

static void list(etcd_client_t *client)
{
    etcd_get_options_t prefix = ETCD_GET_OPTIONS_INIT;
    etcd_get_response_t *found;
    etcd_error_t *error;
    size_t i;

    prefix.flags = ETCD_PREFIX;
    if (etcd_kv_get(client, etcd_str("embedded/"), &prefix, &found, &error)) die("get", error);
    for (i = 0; i < found->kv_count; i++)
        printf("  %.*s = %.*s\n", (int)found->kvs[i].key.len, (const char *)found->kvs[i].key.data,
               (int)found->kvs[i].value.len, (const char *)found->kvs[i].value.data);
    printf("  %zu in all\n", found->kv_count);
    etcd_get_response_free(found);
}

/* Every test begins with nothing: in memory that takes one call, which forgets the store. */
static void begin(const char *test, const char *endpoints)
{
    etcd_error_t *error;

    printf(" %s\n", test);
    if (strncmp(endpoints, "mem:", 4) == 0) {
        if (etcd_mem_drop(endpoints, &error)) die("drop", error);
    } else {
        etcd_delete_options_t prefix = ETCD_DELETE_OPTIONS_INIT;
        etcd_client_t *client = open_client(endpoints);
        prefix.flags = ETCD_PREFIX;
        if (etcd_kv_delete(client, etcd_str("embedded/"), &prefix, NULL, &error)) die("delete", error);
        etcd_client_close(client);
    }
}

static void test_a_key_moves(const char *endpoints)
{
    /* The second one sees what the first one does: the same name is the same store. */
    etcd_client_t *client = open_client(endpoints), *second = open_client(endpoints);
    etcd_error_t *error;

    put(client, "embedded/old", "value");
    if (rename_key(client, "embedded/old", "embedded/new", &error)) die("rename", error);
    list(second);
    etcd_client_close(client);
    etcd_client_close(second);
}

static void test_nothing_moves(const char *endpoints)
{
    etcd_client_t *client = open_client(endpoints);
    etcd_error_t *error = NULL;
    etcd_status_t status = rename_key(client, "embedded/old", "embedded/new", &error);

    if (error) die("rename", error);
    printf("  %s\n", status == ETCD_EMPTY ? "no such key" : "done");
    list(client);
    etcd_client_close(client);
}

static void test_all(const char *endpoints)
{
    begin("a key moves", endpoints);
    test_a_key_moves(endpoints);
    begin("nothing moves", endpoints);
    test_nothing_moves(endpoints);
}

int main(int argc, char **argv)
{
    printf("in memory:\n");
    test_all("mem:embedded");
    if (argc > 1 && strncmp(argv[1], "mem:", 4) != 0) {
        printf("in a cluster:\n");
        test_all(argv[1]);
    }
    return EXIT_SUCCESS;
}
