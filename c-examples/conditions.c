/* Writes that depend on what is there, each in one call: create, compare and
 * swap, compare and delete; and a key that goes away by itself.
 * usage: conditions [ENDPOINTS] */
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

static void say(const char *what, etcd_if_response_t *reply)
{
    if (reply->succeeded)
        printf("%s: done\n", what);
    else if (reply->kv)
        printf("%s: no, it is %.*s\n", what, (int)reply->kv->value.len, (const char *)reply->kv->value.data);
    else
        printf("%s: no, there is none\n", what);
    etcd_if_response_free(reply);
}

/* Adds one, whoever else does so at the same time. */
static void count(etcd_client_t *client, etcd_bytes_t key)
{
    char number[24] = "1";
    int64_t revision = 0; /* as if there were no key */

    for (;;) {
        etcd_if_response_t *reply;
        etcd_error_t *error;

        must("count", etcd_kv_put_if_revision(client, key, revision, etcd_str(number), NULL, &reply, &error), &error);
        if (reply->succeeded) {
            etcd_if_response_free(reply);
            printf("counted: %s\n", number);
            return;
        }
        /* The reply says what is there: add to that. */
        number[0] = '\0';
        revision = 0;
        if (reply->kv) {
            size_t len = reply->kv->value.len < sizeof number ? reply->kv->value.len : sizeof number - 1;
            if (len) memcpy(number, reply->kv->value.data, len);
            number[len] = '\0';
            revision = reply->kv->mod_revision;
        }
        etcd_if_response_free(reply);
        snprintf(number, sizeof number, "%ld", strtol(number, NULL, 10) + 1);
    }
}

int main(int argc, char **argv)
{
    etcd_bytes_t key = etcd_str("conditions/k");
    etcd_put_response_t *leased;
    etcd_if_response_t *reply;
    etcd_client_t *client;
    etcd_error_t *error;

    must("open", etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error), &error);
    must("delete", etcd_kv_delete(client, key, NULL, NULL, &error), &error);
    must("create", etcd_kv_put_if_absent(client, key, etcd_str("red"), NULL, &reply, &error), &error);
    say("create", reply);
    must("create", etcd_kv_put_if_absent(client, key, etcd_str("blue"), NULL, &reply, &error), &error);
    say("create again", reply);
    must("swap", etcd_kv_put_if_value(client, key, etcd_str("red"), etcd_str("green"), NULL, &reply, &error), &error);
    say("red to green", reply);
    must("swap", etcd_kv_put_if_value(client, key, etcd_str("red"), etcd_str("blue"), NULL, &reply, &error), &error);
    say("red to blue", reply);
    must("delete", etcd_kv_delete_if_value(client, key, etcd_str("green"), NULL, &reply, &error), &error);
    say("delete green", reply);
    must("delete", etcd_kv_delete_if_value(client, key, etcd_str("green"), NULL, &reply, &error), &error);
    say("delete green again", reply);
    count(client, key);
    count(client, key);
    must("ttl", etcd_kv_put_ttl(client, key, etcd_str("here"), 60, NULL, &leased, &error), &error);
    printf("gone in %lld s\n", (long long)leased->ttl);
    must("revoke", etcd_lease_revoke(client, leased->lease, NULL, NULL, &error), &error);
    etcd_put_response_free(leased);
    etcd_client_close(client);
    return EXIT_SUCCESS;
}
