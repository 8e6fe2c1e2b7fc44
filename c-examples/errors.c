/* What to do when a write fails: its outcome says whether it may have happened.
 * usage: errors [ENDPOINTS] */
#define _POSIX_C_SOURCE 200809L
#include <etcd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void report(const etcd_error_t *error)
{
    printf("%s at %s: %s\n  %s, %s\n", etcd_status_name(error->status), *error->endpoint ? error->endpoint : "no endpoint",
           error->message, error->outcome == ETCD_MAYBE_APPLIED ? "may have been applied" : "not applied",
           etcd_status_is_retryable(error->status) ? "may succeed later" : "will not succeed");
}

/* Puts until it is certain that the server has it. Writing the same value twice does no harm here; a write for which
 * it would, such as an increment, must stop at MAYBE_APPLIED and first find out what happened. */
static bool put_surely(etcd_client_t *client, const char *key, const char *value, int tries)
{
    etcd_put_options_t options = ETCD_PUT_OPTIONS_INIT;
    const struct timespec pause = { 0, 200 * 1000 * 1000 };

    options.timeout_ms = 500;
    while (tries-- > 0) {
        etcd_error_t *error;
        if (etcd_kv_put(client, etcd_str(key), etcd_str(value), &options, NULL, &error) == ETCD_OK) return true;
        report(error);
        bool again = error->outcome == ETCD_MAYBE_APPLIED || etcd_status_is_retryable(error->status);
        etcd_error_free(error);
        if (!again) return false;
        nanosleep(&pause, NULL);
    }
    return false;
}

int main(int argc, char **argv)
{
    etcd_client_t *client, *nobody;

    /* Details may be declined: the status is enough to fail by. */
    if (etcd_client_open_endpoints("localhost:1", &nobody, NULL)) return EXIT_FAILURE;
    printf("no server: %s\n", put_surely(nobody, "errors", "value", 1) ? "done" : "given up");
    etcd_client_close(nobody);

    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, NULL)) return EXIT_FAILURE;
    printf("no key: %s\n", put_surely(client, "", "value", 10) ? "done" : "given up");
    bool done = put_surely(client, "errors", "value", 10);
    printf("a good put: %s\n", done ? "done" : "given up");
    etcd_client_close(client);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
