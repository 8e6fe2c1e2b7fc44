/* A queue whose owner frees it while calls are out, and loses no memory.
 * usage: owned-queue [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>

enum { PUTS = 100, TAKEN = 10 };

struct job { int number; };

/* etcd_queue_free() calls this for each job whose event nobody has taken. */
static void drop_job(void *user_data, void *arg)
{
    free(user_data);
    ++*(int *)arg;
}

/* The caller owns the job again if the call was refused. */
static etcd_status_t start(etcd_client_t *client, etcd_queue_t *queue, int number, etcd_error_t **error)
{
    char key[32];
    struct job *job = malloc(sizeof *job);
    etcd_status_t status;
    if (!job) abort();
    job->number = number;
    snprintf(key, sizeof key, "jobs/%d", number);
    status = etcd_kv_put_async(client, etcd_str(key), etcd_str("done"), NULL, queue, job, NULL, error);
    if (status) free(job);
    return status;
}

int main(int argc, char **argv)
{
    etcd_queue_options_t options = ETCD_QUEUE_OPTIONS_INIT;
    etcd_client_t *client = NULL;
    etcd_queue_t *queue = NULL;
    etcd_event_t *event;
    etcd_error_t *error = NULL;
    int i, dropped = 0, taken = 0;

    options.drop_callback = drop_job;
    options.arg = &dropped;
    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error)) goto done;
    if (etcd_queue_new(&options, &queue, &error)) goto done;
    for (i = 0; i < PUTS; i++)
        if (start(client, queue, i, &error)) goto done;
    while (taken < TAKEN && etcd_queue_next(queue, 5000, &event, &error) == ETCD_OK) {
        free(etcd_event_user_data(event)); /* the job of a call that has ended */
        etcd_event_free(event);
        taken++;
    }
done:
    etcd_queue_free(queue); /* the rest is dropped before it returns */
    etcd_client_close(client);
    if (error) fprintf(stderr, "owned-queue: %s\n", error->message);
    else printf("%d taken, %d dropped\n", taken, dropped);
    etcd_error_free(error);
    return error || taken + dropped != PUTS;
}
