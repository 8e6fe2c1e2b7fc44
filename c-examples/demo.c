/* libetcd in a minute: put, get, list, delete.
 * usage: demo [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const etcd_kv_t *kv)
{
    printf("  %.*s = %.*s (revision %lld)\n", (int)kv->key.len, (const char *)kv->key.data,
           (int)kv->value.len, (const char *)kv->value.data, (long long)kv->mod_revision);
}

int main(int argc, char **argv)
{
    static const char *const fruit[][2] = {
        { "demo/apple", "green" }, { "demo/banana", "yellow" }, { "demo/cherry", "red" },
    };
    etcd_get_options_t by_prefix = ETCD_GET_OPTIONS_INIT;
    etcd_delete_options_t all_below = ETCD_DELETE_OPTIONS_INIT;
    etcd_client_t *client = NULL;
    etcd_get_response_t *found = NULL;
    etcd_delete_response_t *deleted = NULL;
    etcd_error_t *error = NULL;
    size_t i;

    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error)) goto done;

    printf("put three keys\n");
    for (i = 0; i < 3; i++)
        if (etcd_kv_put(client, etcd_str(fruit[i][0]), etcd_str(fruit[i][1]), NULL, NULL, &error)) goto done;

    printf("get demo/banana\n");
    if (etcd_kv_get(client, etcd_str("demo/banana"), NULL, &found, &error)) goto done;
    for (i = 0; i < found->kv_count; i++) print(&found->kvs[i]);
    etcd_get_response_free(found);

    printf("list all that begin with demo/\n");
    by_prefix.flags = ETCD_PREFIX;
    if (etcd_kv_get(client, etcd_str("demo/"), &by_prefix, &found, &error)) goto done;
    for (i = 0; i < found->kv_count; i++) print(&found->kvs[i]);
    etcd_get_response_free(found);

    all_below.flags = ETCD_PREFIX;
    if (etcd_kv_delete(client, etcd_str("demo/"), &all_below, &deleted, &error)) goto done;
    printf("deleted %lld keys\n", (long long)deleted->deleted);
    etcd_delete_response_free(deleted);

done:
    if (error) fprintf(stderr, "demo: %s: %s\n", etcd_status_name(error->status), error->message);
    etcd_client_close(client); /* closing and freeing NULL does nothing */
    i = error != NULL;
    etcd_error_free(error);
    return i ? EXIT_FAILURE : EXIT_SUCCESS;
}
