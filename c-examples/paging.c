/* A range of any size, page by page, as it was at one moment.
 * usage: paging [ENDPOINTS] */
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

static int list(etcd_client_t *client, etcd_range_t *iter)
{
    etcd_get_response_t *page;
    etcd_status_t status;
    etcd_error_t *error;

    while ((status = etcd_range_next(iter, &page, &error)) == ETCD_OK) {
        printf("%zu of %lld keys:", page->kv_count, (long long)page->count);
        for (size_t i = 0; i < page->kv_count; i++)
            printf(" %.*s", (int)page->kvs[i].key.len, (const char *)page->kvs[i].key.data);
        printf("\n");
        etcd_get_response_free(page);
        /* What comes into being meanwhile is not in this moment. */
        if (etcd_kv_put(client, etcd_str("paging/z"), etcd_str("new"), NULL, NULL, &error)) return die("put", error);
    }
    /* After an error etcd_range_next() may be called again, and goes on where it was. */
    return status == ETCD_END ? EXIT_SUCCESS : die("next", error);
}

static int run(etcd_client_t *client)
{
    etcd_range_options_t options = ETCD_RANGE_OPTIONS_INIT;
    etcd_delete_options_t all = ETCD_DELETE_OPTIONS_INIT;
    etcd_get_options_t last = ETCD_GET_OPTIONS_INIT;
    etcd_get_response_t *found;
    etcd_range_t *iter;
    etcd_error_t *error;
    uint8_t end[16];
    int result;

    for (char key[] = "paging/a"; key[7] <= 'g'; key[7]++)
        if (etcd_kv_put(client, etcd_str(key), etcd_str("value"), NULL, NULL, &error)) return die("put", error);

    /* The same as ETCD_PREFIX, to show how a prefix's end is made. */
    options.range_end.data = end;
    options.range_end.len = etcd_prefix_end(etcd_str("paging/"), end, sizeof end);
    options.limit = 3; /* thousands, in earnest */
    if (etcd_range_open(client, etcd_str("paging/"), &options, &iter, &error)) return die("open", error);
    result = list(client, iter);
    etcd_range_close(iter);
    if (result != EXIT_SUCCESS) return result;

    last.flags = ETCD_PREFIX | ETCD_GET_LAST;
    if (etcd_kv_get(client, etcd_str("paging/"), &last, &found, &error)) return die("get", error);
    printf("the last one: %.*s\n", (int)found->kvs[0].key.len, (const char *)found->kvs[0].key.data);
    etcd_get_response_free(found);

    all.flags = ETCD_PREFIX;
    if (etcd_kv_delete(client, etcd_str("paging/"), &all, NULL, &error)) return die("delete", error);
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
