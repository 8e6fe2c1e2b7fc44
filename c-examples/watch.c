/* Lists what is below watch/ and prints every change of it, until watch/stop is put.
 * usage: watch [ENDPOINTS] */
#include <etcd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool print(const char *what, const etcd_kv_t *kv)
{
    printf("%s %.*s", what, (int)kv->key.len, (const char *)kv->key.data);
    if (kv->value.len) printf(" = %.*s", (int)kv->value.len, (const char *)kv->value.data);
    printf("\n");
    return kv->key.len == 10 && memcmp(kv->key.data, "watch/stop", 10) == 0;
}

/* Tells the changes from a revision on. Broken connections need no care: the watch outlives them. */
static etcd_status_t follow(etcd_client_t *client, int64_t revision, etcd_error_t **error)
{
    etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
    etcd_watch_response_t *response;
    etcd_watch_t *watch;
    etcd_status_t status;
    bool stop = false;
    size_t i;

    options.flags = ETCD_PREFIX;
    options.start_revision = revision;
    status = etcd_watch_open(client, etcd_str("watch/"), &options, NULL, NULL, &watch, error);
    if (status != ETCD_OK) return status;
    while (!stop && (status = etcd_watch_next(watch, ETCD_WAIT_FOREVER, &response, error)) == ETCD_OK) {
        for (i = 0; i < response->event_count; i++)
            stop |= print(response->events[i].kind == ETCD_KV_PUT ? "put" : "delete", &response->events[i].kv);
        etcd_watch_response_free(response);
    }
    etcd_watch_close(watch);
    return status;
}

/* Lists the keys, and returns the revision to watch from so that nothing is missed or delivered twice. */
static etcd_status_t list(etcd_client_t *client, int64_t *revision, etcd_error_t **error)
{
    etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
    etcd_get_response_t *found;
    etcd_status_t status;
    size_t i;

    options.flags = ETCD_PREFIX;
    status = etcd_kv_get(client, etcd_str("watch/"), &options, &found, error);
    if (status != ETCD_OK) return status;
    for (i = 0; i < found->kv_count; i++) print("there is", &found->kvs[i]);
    *revision = found->header.revision + 1;
    etcd_get_response_free(found);
    return ETCD_OK;
}

/* A past that is compacted away: what a program finds that was away for long. */
static etcd_status_t forget(etcd_client_t *client, int64_t *revision, etcd_error_t **error)
{
    etcd_delete_options_t options = ETCD_DELETE_OPTIONS_INIT;
    etcd_put_response_t *first, *second;
    etcd_status_t status;

    options.flags = ETCD_PREFIX;
    if ((status = etcd_kv_delete(client, etcd_str("watch/"), &options, NULL, error))) return status;
    if ((status = etcd_kv_put(client, etcd_str("watch/a"), etcd_str("1"), NULL, &first, error))) return status;
    *revision = first->header.revision;
    etcd_put_response_free(first);
    if ((status = etcd_kv_put(client, etcd_str("watch/a"), etcd_str("2"), NULL, &second, error))) return status;
    status = etcd_kv_compact(client, second->header.revision, NULL, NULL, error);
    etcd_put_response_free(second);
    return status;
}

/* In place of other programs. */
static etcd_status_t change(etcd_client_t *client, etcd_error_t **error)
{
    etcd_status_t status;

    if ((status = etcd_kv_put(client, etcd_str("watch/b"), etcd_str("3"), NULL, NULL, error))) return status;
    if ((status = etcd_kv_delete(client, etcd_str("watch/a"), NULL, NULL, error))) return status;
    return etcd_kv_put(client, etcd_str("watch/stop"), etcd_str("now"), NULL, NULL, error);
}

int main(int argc, char **argv)
{
    etcd_client_t *client = NULL;
    etcd_error_t *error = NULL;
    etcd_status_t status;
    int64_t revision;

    status = etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error);
    if (status == ETCD_OK) status = forget(client, &revision, &error);
    if (status == ETCD_OK) status = follow(client, revision, &error);
    while (status == ETCD_ERR_COMPACTED) {
        /* Changes are lost, and error->revision, the oldest that is left, does not bring them back: what a program
         * knows is to be replaced by what is there now. A watch with ETCD_WATCH_RESYNC does that by itself. */
        printf("history is gone\n");
        etcd_error_free(error);
        error = NULL;
        status = list(client, &revision, &error);
        if (status == ETCD_OK) status = change(client, &error); /* between the two, and not missed */
        if (status == ETCD_OK) status = follow(client, revision, &error);
    }
    if (error) fprintf(stderr, "watch: %s: %s\n", etcd_status_name(status), error->message);
    etcd_error_free(error);
    etcd_client_close(client);
    return status == ETCD_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
