/* The classic interface, etcd-api.h: each of its eleven calls. Build with -pthread.
 * usage: classic [ENDPOINTS], or classic HOST PORT */
#define _POSIX_C_SOURCE 200809L
#include <etcd-api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *name(etcd_result result)
{
    return result == ETCD_OK ? "ETCD_OK" : result == ETCD_PROTOCOL_ERROR ? "ETCD_PROTOCOL_ERROR" : "ETCD_WTF";
}

/* For what cannot go wrong while etcd is there; sessions that are open end with the process. */
static void must(const char *what, etcd_result result)
{
    if (result == ETCD_OK) return;
    fprintf(stderr, "classic: %s: %s\n", what, name(result));
    exit(EXIT_FAILURE);
}

static void print(etcd_session session, const char *key)
{
    char *value = etcd_get(session, key);

    printf("get %s: %s\n", key, value ? value : "(nothing)");
    free(value);
}

static void keys(etcd_session session)
{
    /* From a run that was stopped. That there is nothing to delete is ETCD_PROTOCOL_ERROR. */
    etcd_delete(session, "classic/color");

    must("set", etcd_set(session, "classic/color", "red", NULL, 0));
    print(session, "classic/color");

    /* Only if nobody has changed it meanwhile. */
    must("set", etcd_set(session, "classic/color", "green", "red", 0));
    printf("set again, if it is red: %s\n", name(etcd_set(session, "classic/color", "blue", "red", 0)));
    print(session, "classic/color");

    /* A key without a value of its own gives the names below it, one a line. */
    must("set", etcd_set(session, "classic/shape/round", "ball", NULL, 0));
    print(session, "classic");

    must("delete", etcd_delete(session, "classic/color"));
    must("delete", etcd_delete(session, "classic/shape/round"));
    print(session, "classic/color");
}

/* Watching. */

struct first {
    etcd_session session;
    pthread_mutex_t mutex;
    int seen;
};

/* Sets a key until the watch has seen that: from outside it cannot be seen when it begins. */
static void *knock(void *argument)
{
    const struct timespec pause = { 0, 50 * 1000 * 1000 };
    struct first *first = argument;
    int seen;

    do {
        must("set", etcd_set(first->session, "classic/watched/knock", "knock", NULL, 0));
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&first->mutex);
        seen = first->seen;
        pthread_mutex_unlock(&first->mutex);
    } while (!seen);
    must("delete", etcd_delete(first->session, "classic/watched/knock"));
    return NULL;
}

static void watch(etcd_session session)
{
    struct first first = { session, PTHREAD_MUTEX_INITIALIZER, 0 };
    char *key, *value;
    pthread_t thread;
    int index, left;

    /* The first event, of what happens from now on. With its index nothing after it can be missed. */
    if (pthread_create(&thread, NULL, knock, &first)) exit(EXIT_FAILURE);
    must("watch", etcd_watch(session, "classic/watched", &key, &value, NULL, &index));
    free(key);
    free(value);
    pthread_mutex_lock(&first.mutex);
    first.seen = 1;
    pthread_mutex_unlock(&first.mutex);
    pthread_join(thread, NULL);

    must("set", etcd_set(session, "classic/watched/a", "1", NULL, 0));
    must("set", etcd_set(session, "classic/watched/b", "2", NULL, 2)); /* gone after 2 seconds */
    must("delete", etcd_delete(session, "classic/watched/a"));
    for (left = 4; left > 0;) {
        index++;
        must("watch", etcd_watch(session, "classic/watched", &key, &value, &index, &index));
        if (strcmp(key, "classic/watched/knock") != 0) {
            printf("watch: %s %s\n", key, value ? value : "is gone");
            left--;
        }
        free(key);
        free(value);
    }
}

/* Locking. */

static void *second_in_line(void *session)
{
    char *index;

    must("lock", etcd_lock(session, "classic/lock", 10, NULL, &index));
    printf("the thread has the lock\n");
    must("unlock", etcd_unlock(session, "classic/lock", index));
    free(index);
    return NULL;
}

static void lock(etcd_session session)
{
    pthread_t thread;
    char *index;

    /* Waits for it, however long. From now on it is ours for 10 seconds. */
    must("lock", etcd_lock(session, "classic/lock", 10, NULL, &index));
    printf("the program has the lock\n");
    if (pthread_create(&thread, NULL, second_in_line, session)) exit(EXIT_FAILURE);

    /* And for 10 seconds from here. A program that does this late learns it: somebody else may have the lock. */
    must("renew", etcd_lock(session, "classic/lock", 10, index, NULL));

    printf("the program gives it back\n");
    must("unlock", etcd_unlock(session, "classic/lock", index));
    pthread_join(thread, NULL);
    printf("renew what was given back: %s\n", name(etcd_lock(session, "classic/lock", 10, index, NULL)));
    free(index);
}

int main(int argc, char **argv)
{
    struct etcd_server list[] = { { "localhost", 2379 }, { NULL, 0 } };
    etcd_session session;
    char *leader;

    /* Neither waits for a server, and either session may be closed by either call. */
    if (argc == 3) {
        list[0].host = argv[1];
        list[0].port = (unsigned short)strtoul(argv[2], NULL, 10);
    }
    session = argc == 2 ? etcd_open_str(argv[1]) : etcd_open(list);
    if (!session) {
        fprintf(stderr, "classic: not a list of servers\n");
        return EXIT_FAILURE;
    }

    leader = etcd_leader(session);
    must("leader", leader ? ETCD_OK : ETCD_WTF);
    printf("leader: %s\n", leader);
    free(leader);

    keys(session);
    watch(session);
    lock(session);

    if (argc == 2) etcd_close_str(session);
    else etcd_close(session);
    return EXIT_SUCCESS;
}
