/* TLS, a client certificate, and a user's password, which is read from standard input: arguments are for all to see.
 * usage: tls-and-password -e ENDPOINTS [-a CA_FILE] [-c CERT_FILE -k KEY_FILE] [-u USER <PASSWORD_FILE] */
#define _POSIX_C_SOURCE 200809L
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    char password[256];
    etcd_client_t *client = NULL;
    etcd_get_response_t *response = NULL;
    etcd_error_t *error = NULL;
    int option, result = EXIT_FAILURE;

    while ((option = getopt(argc, argv, "e:a:c:k:u:")) != -1) {
        switch (option) {
        case 'e': options.endpoints = optarg; break;
        case 'a': options.ca_file = optarg; break;
        case 'c': options.cert_file = optarg; break;
        case 'k': options.key_file = optarg; break;
        case 'u': options.user = optarg; break;
        default: return EXIT_FAILURE;
        }
    }
    if (options.user) {
        if (!fgets(password, sizeof password, stdin)) return EXIT_FAILURE;
        password[strcspn(password, "\n")] = '\0';
        options.password = password;
    }
    if (etcd_client_open(&options, &client, &error) == ETCD_OK) {
        memset(password, 0, sizeof password); /* everything was copied */
        if (etcd_kv_get(client, etcd_str("tls"), NULL, &response, &error) == ETCD_OK) {
            printf("cluster %llx, revision %lld\n", (unsigned long long)response->header.cluster_id,
                   (long long)response->header.revision);
            result = EXIT_SUCCESS;
        }
    }
    if (error) fprintf(stderr, "%s: %s\n", etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    etcd_get_response_free(response);
    etcd_client_close(client);
    return result;
}
