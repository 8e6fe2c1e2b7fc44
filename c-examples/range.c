/* Many keys in one call: a prefix, a range, and everything from a key on.
 * usage: range [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    return EXIT_FAILURE;
}

static int list(etcd_client_t *client, const char *what, const char *key, const etcd_get_options_t *options)
{
    etcd_get_response_t *response;
    etcd_error_t *error;

    if (etcd_kv_get(client, etcd_str(key), options, &response, &error)) return die(what, error);
    printf("%s:", what);
    for (size_t i = 0; i < response->kv_count; i++)
        printf(" %.*s", (int)response->kvs[i].key.len, (const char *)response->kvs[i].key.data);
    printf("\n");
    etcd_get_response_free(response);
    return 0;
}

static int run(etcd_client_t *client)
{
    static const char *const keys[] = { "range/a", "range/b", "range/c", "range/d" };
    etcd_get_options_t prefix = ETCD_GET_OPTIONS_INIT, range = ETCD_GET_OPTIONS_INIT, from = ETCD_GET_OPTIONS_INIT;
    etcd_delete_options_t all = ETCD_DELETE_OPTIONS_INIT;
    etcd_error_t *error;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (etcd_kv_put(client, etcd_str(keys[i]), etcd_str("value"), NULL, NULL, &error)) return die("put", error);

    prefix.flags = ETCD_PREFIX;
    range.range_end = etcd_str("range/d"); /* the first key that is not meant */
    from.flags = ETCD_FROM_KEY;
    if (list(client, "begin with range/", "range/", &prefix)) return EXIT_FAILURE;
    if (list(client, "range/b up to range/d", "range/b", &range)) return EXIT_FAILURE;
    if (list(client, "range/c and after", "range/c", &from)) return EXIT_FAILURE;

    all.flags = ETCD_PREFIX;
    if (etcd_kv_delete(client, etcd_str("range/"), &all, NULL, &error)) return die("delete", error);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    etcd_client_t *client;
    etcd_error_t *error;
    int result;

    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error)) return die("open", error);
    result = run(client);
    etcd_client_close(client);
    return result;
}
