/* Moves money between accounts as a transaction of memory: nothing is lost or made, whoever else moves some.
 * usage: transfer [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(etcd_status_t status, etcd_error_t **error) {
    if (status >= 0) return;
    fprintf(stderr, "transfer: %s: %s\n", etcd_status_name(status), (*error)->message);
    exit(EXIT_FAILURE);
}

struct transfer {
    const char *from, *to;
    long amount;
};

enum { NOT_ENOUGH = -100000 };

static etcd_status_t balance(etcd_stm_t *stm, const char *account, long *out) {
    etcd_get_response_t *reply;
    etcd_status_t status = etcd_stm_get(stm, etcd_str(account), &reply, NULL);
    char text[32] = "";
    if (status < 0) return status;
    if (reply->kv_count == 1 && reply->kvs[0].value.len < sizeof text)
        memcpy(text, reply->kvs[0].value.data, reply->kvs[0].value.len);
    *out = strtol(text, NULL, 10);
    etcd_get_response_free(reply);
    return ETCD_OK;
}

static etcd_status_t set_balance(etcd_stm_t *stm, const char *account, long amount) {
    char text[32];
    snprintf(text, sizeof text, "%ld", amount);
    return etcd_stm_put(stm, etcd_str(account), etcd_str(text), 0);
}

/* May be called several times, and does nothing but read and write. */
static etcd_status_t move(etcd_stm_t *stm, void *arg) {
    const struct transfer *transfer = arg;
    etcd_status_t status;
    long from, to;
    if ((status = balance(stm, transfer->from, &from)) < 0) return status;
    if ((status = balance(stm, transfer->to, &to)) < 0) return status;
    if (from < transfer->amount) return NOT_ENOUGH;
    if ((status = set_balance(stm, transfer->from, from - transfer->amount)) < 0) return status;
    return set_balance(stm, transfer->to, to + transfer->amount);
}

int main(int argc, char **argv) {
    const struct transfer transfers[] = { { "account/ann", "account/bob", 30 }, { "account/ann", "account/bob", 90 } };
    etcd_header_response_t *done;
    etcd_client_t *client;
    etcd_error_t *error = NULL;
    size_t i;
    check(etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error), &error);
    check(etcd_kv_put(client, etcd_str("account/ann"), etcd_str("100"), NULL, NULL, &error), &error);
    check(etcd_kv_delete(client, etcd_str("account/bob"), NULL, NULL, &error), &error);
    for (i = 0; i < sizeof transfers / sizeof *transfers; i++) {
        etcd_status_t status = etcd_stm_run(client, move, (void *)&transfers[i], NULL, &done, &error);
        if (status == NOT_ENOUGH) {
            printf("%s has not got %ld\n", transfers[i].from, transfers[i].amount);
            etcd_error_free(error);
            continue;
        }
        check(status, &error);
        printf("%s gave %ld\n", transfers[i].from, transfers[i].amount);
        etcd_header_response_free(done);
    }
    etcd_client_close(client);
    return 0;
}
