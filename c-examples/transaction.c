/* A transaction of five operations: money goes from one account to another, all of it or none.
 * usage: transaction [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>

static void must(const char *what, etcd_status_t status, etcd_error_t **error)
{
    if (status >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(status), (*error)->message);
    etcd_error_free(*error);
    exit(EXIT_FAILURE);
}

static void transfer(etcd_client_t *client)
{
    const etcd_bytes_t alice = etcd_str("txn/alice"), bob = etcd_str("txn/bob");
    const etcd_bytes_t receipt = etcd_str("txn/receipt/1");
    etcd_txn_response_t *done;
    etcd_error_t *error;
    etcd_txn_t *txn = etcd_txn_new();

    /* The first error of these stays in the transaction: the commit fails with it. */
    etcd_txn_compare_number(txn, receipt, ETCD_TARGET_VERSION, ETCD_COMPARE_EQUAL, 0);
    etcd_txn_compare_value(txn, alice, ETCD_COMPARE_EQUAL, etcd_str("100"));
    etcd_txn_put(txn, ETCD_BRANCH_THEN, alice, etcd_str("70"), NULL);
    etcd_txn_put(txn, ETCD_BRANCH_THEN, bob, etcd_str("30"), NULL);
    etcd_txn_put(txn, ETCD_BRANCH_THEN, receipt, etcd_str("30 from alice to bob"), NULL);
    etcd_txn_get(txn, ETCD_BRANCH_ELSE, receipt, NULL);
    etcd_txn_get(txn, ETCD_BRANCH_ELSE, alice, NULL);
    must("commit", etcd_txn_commit(client, txn, NULL, &done, &error), &error);
    if (done->succeeded) {
        puts("transferred");
    } else {
        size_t i;
        printf("not transferred: found");
        for (i = 0; i < done->response_count; i++) {
            const etcd_get_response_t *found = done->responses[i].range;
            if (found->kv_count > 0) printf(" %.*s", (int)found->kvs->value.len, (const char *)found->kvs->value.data);
        }
        puts("");
    }
    etcd_txn_response_free(done);
    etcd_txn_free(txn);
}

int main(int argc, char **argv)
{
    etcd_client_t *client;
    etcd_error_t *error;

    must("open", etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error), &error);
    must("put", etcd_kv_put(client, etcd_str("txn/alice"), etcd_str("100"), NULL, NULL, &error), &error);
    must("delete", etcd_kv_delete(client, etcd_str("txn/receipt/1"), NULL, NULL, &error), &error);
    transfer(client);
    transfer(client); /* A second time it is known to be done. */
    etcd_client_close(client);
    return EXIT_SUCCESS;
}
