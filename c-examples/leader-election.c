/* An election on the lock of etcd-api.h: whoever has the lock leads, and knows when it does no longer.
 * Build with -pthread.
 * usage: leader-election [ENDPOINTS]               three candidates in threads, until the leadership has changed once
 *        leader-election ENDPOINTS NAME SECONDS    one candidate, for that long; start several */
#define _POSIX_C_SOURCE 200809L
#include <etcd-api.h>
#include <etcd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds. The shorter, the sooner another candidate leads when the leader is gone; the longer, the longer an outage
 * that leaves the leader in place. */
enum { TTL = 3 };

/* What is below the name of a lock are those who wait for it: nothing else may be there. */
static const char lock_name[] = "leader-election/lock";
/* Where everybody can read who leads. */
static const char leader_key[] = "leader-election/leader";

struct candidate {
    const char *name;
    /* Two, so that closing the one ends the wait for the lock while the other can still give it back. */
    etcd_session waiting, leading;
    pthread_t thread;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stopping, falling_asleep; /* under the mutex */

/* Seconds, by a clock that goes on while the machine sleeps, as that of the servers does. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Waits, but not once it is time to stop; whether it is. */
static bool stopped_within(double seconds)
{
    struct timespec until;
    bool stopped;

    clock_gettime(CLOCK_REALTIME, &until);
    if (seconds > 0) {
        until.tv_nsec += (long)(seconds * 1e9) % 1000000000;
        until.tv_sec += (time_t)seconds + until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    while (!stopping && pthread_cond_timedwait(&changed, &mutex, &until) == 0) continue;
    stopped = stopping;
    pthread_mutex_unlock(&mutex);
    return stopped;
}

/* For the demonstration the first leader does once what happens to a process that is stopped, or swapped out. */
static void fall_asleep_once(const struct candidate *me)
{
    const struct timespec long_enough = { TTL + 1, 0 };
    bool now_is_the_time;

    pthread_mutex_lock(&mutex);
    now_is_the_time = falling_asleep;
    falling_asleep = false;
    pthread_mutex_unlock(&mutex);
    if (!now_is_the_time) return;
    printf("%s falls asleep\n", me->name);
    nanosleep(&long_enough, NULL);
}

/* Leads for as long as that is certain. */
static void lead(const struct candidate *me, const char *index)
{
    double sent;

    printf("%s is elected\n", me->name);
    do {
        /* The servers count from a moment after this one. A call takes at most a quarter of TTL, see open_session():
         * so a renewal that fails has failed before the lock is anybody else's. */
        sent = now();
        if (etcd_lock(me->leading, lock_name, TTL, index, NULL) != ETCD_OK) {
            printf("%s steps down: the renewal failed\n", me->name);
            return;
        }
        /* Goes away by itself with a leader that does. It is news and not the truth: a leader that has just been
         * replaced may still write it, for a moment. */
        etcd_set(me->leading, leader_key, me->name, NULL, TTL);

        /* Here a leader works, never past sent + TTL without having looked at the clock. */
        fall_asleep_once(me);
        if (now() >= sent + TTL) {
            printf("%s steps down: too late to renew\n", me->name);
            return;
        }
    } while (!stopped_within(sent + TTL / 3.0 - now()));

    printf("%s resigns\n", me->name);
    etcd_set(me->leading, leader_key, NULL, me->name, 0); /* deletes it if it is still ours */
    etcd_unlock(me->leading, lock_name, index);
}

static void *campaign(void *candidate)
{
    const struct candidate *me = candidate;

    while (!stopped_within(0)) {
        char *index;
        if (etcd_lock(me->waiting, lock_name, TTL, NULL, &index) != ETCD_OK) {
            stopped_within(1); /* nobody answers: ask again a little later */
            continue;
        }
        if (stopped_within(0)) etcd_unlock(me->leading, lock_name, index);
        else lead(me, index);
        free(index);
    }
    return NULL;
}

/* A session whose calls give up sooner than after 5 seconds. */
static etcd_session open_session(const char *endpoints)
{
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    etcd_client_t *client;
    etcd_error_t *error;

    options.endpoints = endpoints;
    options.timeout_ms = TTL * 1000 / 4;
    if (etcd_client_open(&options, &client, &error) == ETCD_OK) return client;
    fprintf(stderr, "leader-election: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void start(struct candidate *candidate, const char *endpoints, const char *name)
{
    candidate->name = name;
    candidate->waiting = open_session(endpoints);
    candidate->leading = open_session(endpoints);
    if (pthread_create(&candidate->thread, NULL, campaign, candidate)) exit(EXIT_FAILURE);
}

static void stop(struct candidate *candidates, int count)
{
    int i;

    pthread_mutex_lock(&mutex);
    stopping = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    /* All of them before the leader gives the lock to the next. */
    for (i = 0; i < count; i++) etcd_close(candidates[i].waiting);
    for (i = 0; i < count; i++) {
        pthread_join(candidates[i].thread, NULL);
        etcd_close(candidates[i].leading);
    }
}

static void send_to_sleep(void)
{
    pthread_mutex_lock(&mutex);
    falling_asleep = true;
    pthread_mutex_unlock(&mutex);
}

/* Prints who leads, until that has changed once. The leader says it again and again: no need to be here first. */
static bool follow(etcd_session session)
{
    char *key, *value, *leader = NULL;
    int index, leaders = 0;
    etcd_result result = etcd_watch(session, leader_key, &key, &value, NULL, &index);

    for (; result == ETCD_OK; result = etcd_watch(session, leader_key, &key, &value, &index, &index)) {
        free(key);
        if (value && (!leader || strcmp(leader, value) != 0)) {
            printf("%s: %s\n", leader_key, value);
            free(leader);
            leader = value;
            if (++leaders == 1) send_to_sleep();
        } else {
            free(value);
        }
        if (leaders == 2) break;
        index++;
    }
    free(leader);
    return leaders == 2;
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "Ann", "Bob", "Cid" };
    const char *endpoints = argc > 1 ? argv[1] : "localhost:2379";
    struct candidate candidates[3];
    etcd_session session;
    bool good = true;
    int i;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 4) {
        start(&candidates[0], endpoints, argv[2]);
        stopped_within(strtod(argv[3], NULL));
        stop(candidates, 1);
    } else {
        session = open_session(endpoints);
        for (i = 0; i < 3; i++) start(&candidates[i], endpoints, names[i]);
        good = follow(session);
        stop(candidates, 3);
        etcd_close(session);
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
