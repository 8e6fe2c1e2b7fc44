/* The members of a cluster, and the state of each at which the client has an endpoint.
 * usage: admin [ENDPOINTS] */
#include <etcd-admin.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    etcd_error_free(error);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    etcd_client_t *client;
    etcd_client_endpoints_t *endpoints;
    etcd_member_list_response_t *list;
    etcd_error_t *error;
    int result = EXIT_SUCCESS;
    size_t i, k;

    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error)) return fail("open", error);
    if (etcd_member_list(client, NULL, &list, &error)) return fail("members", error);
    for (i = 0; i < list->member_count; i++) {
        const etcd_member_t *member = list->members[i];
        printf("member %llx %s", (unsigned long long)member->id, *member->name ? member->name : "(not started)");
        for (k = 0; k < member->client_url_count; k++) printf(" %s", member->client_urls[k]);
        printf("%s\n", member->is_learner ? ", a learner" : "");
    }
    etcd_member_list_response_free(list);

    if (etcd_client_endpoints(client, &endpoints, &error)) return fail("endpoints", error);
    for (i = 0; i < endpoints->name_count; i++) {
        etcd_maintenance_status_response_t *status;
        /* Of those that are down, too. */
        if (etcd_maintenance_status(client, endpoints->names[i], NULL, &status, &error)) {
            result = fail(endpoints->names[i], error);
            continue;
        }
        printf("%s: etcd %s, %s, %lld bytes, revision %lld\n", endpoints->names[i], status->version,
               status->is_learner ? "a learner" : status->leader == status->header.member_id ? "the leader" : "a follower",
               (long long)status->db_size,
               (long long)status->header.revision);
        for (k = 0; k < status->error_count; k++) printf("  %s\n", status->errors[k]);
        etcd_maintenance_status_response_free(status);
    }
    etcd_client_endpoints_free(endpoints);
    etcd_client_close(client);
    return result;
}
