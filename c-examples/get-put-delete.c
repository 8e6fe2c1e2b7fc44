/* One key: put, get, delete, and what each returns of the state before.
 * usage: get-put-delete [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>

static int die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    return EXIT_FAILURE;
}

static int run(etcd_client_t *client)
{
    /* Keys and values may hold any byte: this key has a NUL inside. */
    const etcd_bytes_t key = ETCD_BYTES("example\0" "1");
    etcd_put_options_t put_options = ETCD_PUT_OPTIONS_INIT;
    etcd_put_response_t *put;
    etcd_get_response_t *range;
    etcd_delete_response_t *deleted;
    etcd_error_t *error;

    /* The response of a put or delete may be declined. */
    if (etcd_kv_put(client, key, etcd_str("old"), NULL, NULL, &error)) return die("put", error);

    put_options.flags = ETCD_PREV_KV;
    if (etcd_kv_put(client, key, etcd_str("new"), &put_options, &put, &error)) return die("put", error);
    printf("put: replaced \"%.*s\" at revision %lld\n", (int)put->prev_kv->value.len,
           (const char *)put->prev_kv->value.data, (long long)put->header.revision);
    etcd_put_response_free(put);

    if (etcd_kv_get(client, key, NULL, &range, &error)) return die("get", error);
    if (range->kv_count == 1)
        printf("get: \"%.*s\", version %lld\n", (int)range->kvs[0].value.len,
               (const char *)range->kvs[0].value.data, (long long)range->kvs[0].version);
    etcd_get_response_free(range);

    if (etcd_kv_delete(client, key, NULL, &deleted, &error)) return die("delete", error);
    printf("delete: %lld key\n", (long long)deleted->deleted);
    etcd_delete_response_free(deleted);

    /* That a key does not exist is no error. */
    if (etcd_kv_get(client, key, NULL, &range, &error)) return die("get", error);
    printf("get: %s\n", range->kv_count == 0 ? "no such key" : "still there?");
    etcd_get_response_free(range);
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
