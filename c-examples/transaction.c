/* Transactions: create a key if it is not there, and count without losing a number.
 * usage: transaction [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The error by its address: what it is is known only after the call. */
static void must(const char *what, etcd_status_t status, etcd_error_t **error)
{
    if (status >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(status), (*error)->message);
    etcd_error_free(*error);
    exit(EXIT_FAILURE);
}

/* Makes the key, or says what is there. */
static void create(etcd_client_t *client, const char *key, const char *value)
{
    etcd_txn_response_t *done;
    etcd_error_t *error;
    etcd_txn_t *txn;

    must("new", etcd_txn_new(&txn, &error), &error);
    /* Without options the condition is that the key does not exist. */
    must("compare", etcd_txn_compare(txn, etcd_str(key), NULL, &error), &error);
    must("put", etcd_txn_put(txn, ETCD_BRANCH_THEN, etcd_str(key), etcd_str(value), NULL, &error), &error);
    must("get", etcd_txn_get(txn, ETCD_BRANCH_ELSE, etcd_str(key), NULL, &error), &error);
    must("commit", etcd_txn_commit(client, txn, NULL, &done, &error), &error);
    if (done->succeeded) {
        printf("%s: created\n", key);
    } else {
        const etcd_kv_t *kv = done->responses[0].range->kvs;
        printf("%s: it is there, and is %.*s\n", key, (int)kv->value.len, (const char *)kv->value.data);
    }
    etcd_txn_response_free(done);
    etcd_txn_free(txn);
}

/* Adds one, whoever else does so at the same time. */
static void count(etcd_client_t *client, const char *key)
{
    for (;;) {
        etcd_compare_options_t unchanged = ETCD_COMPARE_OPTIONS_INIT;
        etcd_get_response_t *found;
        etcd_txn_response_t *done;
        etcd_error_t *error;
        etcd_txn_t *txn;
        char number[24] = "";
        bool succeeded;

        must("get", etcd_kv_get(client, etcd_str(key), NULL, &found, &error), &error);
        unchanged.target = ETCD_TARGET_MOD; /* 0 while there is no key */
        if (found->kv_count == 1 && found->kvs[0].value.len < sizeof number) {
            memcpy(number, found->kvs[0].value.data, found->kvs[0].value.len);
            unchanged.number = found->kvs[0].mod_revision;
        }
        etcd_get_response_free(found);
        snprintf(number, sizeof number, "%ld", strtol(number, NULL, 10) + 1);

        must("new", etcd_txn_new(&txn, &error), &error);
        must("compare", etcd_txn_compare(txn, etcd_str(key), &unchanged, &error), &error);
        must("put", etcd_txn_put(txn, ETCD_BRANCH_THEN, etcd_str(key), etcd_str(number), NULL, &error), &error);
        must("commit", etcd_txn_commit(client, txn, NULL, &done, &error), &error);
        succeeded = done->succeeded;
        etcd_txn_response_free(done);
        etcd_txn_free(txn);
        if (succeeded) {
            printf("%s: %s\n", key, number);
            return;
        }
        /* Somebody was quicker: look again. */
    }
}

int main(int argc, char **argv)
{
    etcd_client_t *client;
    etcd_error_t *error;

    must("open", etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error), &error);
    must("delete", etcd_kv_delete(client, etcd_str("txn/counter"), NULL, NULL, &error), &error);
    create(client, "txn/counter", "10");
    create(client, "txn/counter", "20");
    count(client, "txn/counter");
    count(client, "txn/counter");
    etcd_client_close(client);
    return EXIT_SUCCESS;
}
