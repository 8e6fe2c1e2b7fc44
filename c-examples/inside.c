/* What a client does: its log, its counters, and the state of its connections.
 * usage: inside [ENDPOINTS] */
#include <etcd.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called on the library's thread, and on those that make calls: quick, and without calls into the library. */
static void print_line(const etcd_log_record_t *line, void *arg)
{
    const char *level = line->level == ETCD_LOG_ERROR  ? "error"
                        : line->level == ETCD_LOG_WARN ? "warning"
                        : line->level == ETCD_LOG_INFO ? "info"
                                                       : "debug";

    (void)arg;
    fprintf(stderr, "%s: %s %s: %s\n", level, line->what, line->endpoint, line->message);
}

static void must(etcd_status_t status, etcd_error_t **error)
{
    if (status >= 0) return;
    fprintf(stderr, "inside: %s\n", (*error)->message);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    etcd_counters_t counters = ETCD_COUNTERS_INIT;
    etcd_client_t *client;
    etcd_connection_watch_t *connections;
    etcd_connection_watch_response_t *now;
    etcd_error_t *error = NULL;
    char *page;
    int state;

    options.endpoints = argc > 1 ? argv[1] : "localhost:2379";
    options.log_callback = print_line;
    options.log_level = ETCD_LOG_DEBUG;
    must(etcd_client_open(&options, &client, &error), &error);

    /* How each endpoint is now, and then what changes; here until one is connected. */
    must(etcd_connection_watch_open(client, NULL, NULL, &connections, &error), &error);
    do {
        etcd_status_t status = etcd_connection_watch_next(connections, 5000, &now, &error);

        must(status, &error);
        if (status == ETCD_EMPTY) {
            fprintf(stderr, "inside: nobody is there\n");
            return EXIT_FAILURE;
        }
        state = now->state;
        if (state == ETCD_CONNECTION_UP) printf("connected to %s\n", now->endpoint);
        else fprintf(stderr, "%s: %s\n", now->endpoint, now->reason);
        etcd_connection_watch_response_free(now);
    } while (state != ETCD_CONNECTION_UP);
    etcd_connection_watch_close(connections);

    must(etcd_kv_put(client, etcd_str("inside/key"), etcd_str("value"), NULL, NULL, &error), &error);
    must(etcd_kv_delete(client, etcd_str("inside/key"), NULL, NULL, &error), &error);

    must(etcd_client_counters(client, &counters, &error), &error);
    printf("%" PRIu64 " calls, %" PRIu64 " failed\n", counters.calls, counters.calls_failed);

    /* What a page for Prometheus would have. */
    must(etcd_client_counters_text(client, "example", &page, &error), &error);
    fputs(page, stdout);
    etcd_text_free(page);
    etcd_client_close(client);
    return EXIT_SUCCESS;
}
