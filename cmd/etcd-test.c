/* etcd-test: the calls of etcd-api.h, one from the command line or many from standard input. See etcd-test.1. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <etcd-api.h>
#include <etcd.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Options with a value, and their letters in the same order. */
enum { INDEX, PRECOND, SERVERS, TTL, OPTIONS };
static const char letters[] = "ipst";

struct arguments {
    const char *words[3]; /* the command and what it is about */
    int count;            /* of words, also those that do not fit */
    const char *options[OPTIONS];
    unsigned int ttl; /* as numbers, once they are checked */
    int index;
};

/* The line of standard input that is being run; 0 when there is no need to name it. */
static unsigned long line_number;

static void name_line(const char *otherwise)
{
    if (line_number > 0) fprintf(stderr, "line %lu: ", line_number);
    else fputs(otherwise, stderr);
}

/* Always false, for callers to return. */
static bool complain(const char *format, ...)
{
    va_list list;

    name_line("etcd-test: ");
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    return false;
}

/* Whether all output has arrived: nobody should take the end of a full disk for success. */
static bool flushed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    return complain("standard output: %s", strerror(errno));
}

/* At once, since the reader of a pipe waits for it, and the next call may block for ever. */
static bool say(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    return flushed();
}

/* Reports a failed call, with its cause if that is known, and frees the error. */
static bool report(const char *call, etcd_status_t status, etcd_error_t *error)
{
    name_line("");
    fprintf(stderr, "%s failed", call);
    if (error) {
        fprintf(stderr, ": %s: %s", etcd_status_name(error->status), error->message);
        if (error->outcome == ETCD_MAYBE_APPLIED) fprintf(stderr, " (may have been applied)");
    } else if (status != ETCD_OK) {
        fprintf(stderr, ": %s", etcd_status_name(status));
    }
    fputc('\n', stderr);
    etcd_error_free(error);
    return false;
}

static bool failed(etcd_session session, const char *call)
{
    etcd_error_t *error = NULL;
    etcd_status_t status = etcd_client_last_error(session, &error);

    return report(call, status, error);
}

/* The commands. */

static bool get(etcd_session session, const struct arguments *args)
{
    const char *key = args->words[1];
    char *value;
    bool done;

    if (!say("getting %s\n", key)) return false;
    value = etcd_get(session, key);
    if (!value) return failed(session, "etcd_get");
    done = say("got value: %s\n", value);
    free(value);
    return done;
}

static bool set(etcd_session session, const struct arguments *args)
{
    const char *key = args->words[1], *value = args->words[2], *precond = args->options[PRECOND];

    if (!say("setting %s to %s\n", key, value)) return false;
    if (precond && !say("  precond = %s\n", precond)) return false;
    if (args->options[TTL] && !say("  ttl = %u\n", args->ttl)) return false;
    return etcd_set(session, key, value, precond, args->ttl) == ETCD_OK || failed(session, "etcd_set");
}

static bool delete(etcd_session session, const struct arguments *args)
{
    if (!say("deleting %s\n", args->words[1])) return false;
    return etcd_delete(session, args->words[1]) == ETCD_OK || failed(session, "etcd_delete");
}

static bool list(etcd_session session, const struct arguments *args)
{
    const char *key = args->count > 1 ? args->words[1] : "";
    size_t length = strlen(key);
    char *below = malloc(length + 2), *names;
    bool done;

    if (!below) return complain("%s", strerror(errno));
    /* With a slash at its end a key with a value of its own is listed too. */
    sprintf(below, "%s%s", key, length > 0 && key[length - 1] != '/' ? "/" : "");
    names = etcd_get(session, below);
    free(below);
    if (names) {
        done = say("%s\n", names);
        free(names);
    } else {
        etcd_error_t *error = NULL;
        etcd_status_t status = etcd_client_last_error(session, &error);
        done = error && error->status == ETCD_ERR_KEY_NOT_FOUND;
        if (done) etcd_error_free(error);
        else report("etcd_get", status, error);
    }
    return done;
}

/* Ends only when something fails. */
static bool watch(etcd_session session, const struct arguments *args)
{
    int next = args->index, index = 0;
    const int *from = args->options[INDEX] ? &next : NULL;

    if (!say("getting %s\n", args->words[1])) return false;
    for (;;) {
        char *key = NULL, *value = NULL;
        bool done;
        if (etcd_watch(session, args->words[1], &key, &value, from, &index) != ETCD_OK)
            return failed(session, "etcd_watch");
        done = say("index is %d\n", index) &&
               (value ? say("key %s was set to %s\n", key, value) : say("key %s was deleted\n", key));
        free(key);
        free(value);
        if (!done) return false;
        if (index == INT_MAX) return complain("no index follows %d", index);
        next = index + 1;
        from = &next;
    }
}

static bool leader(etcd_session session, const struct arguments *args)
{
    char *name;
    bool done;

    (void)args;
    if (!say("finding leader\n")) return false;
    name = etcd_leader(session);
    if (!name) return failed(session, "etcd_leader");
    done = say("leader is %s\n", name);
    free(name);
    return done;
}

static bool lock(etcd_session session, const struct arguments *args)
{
    const char *key = args->words[1], *renewed = args->options[INDEX];
    char *index = NULL;
    bool done;

    if (!(renewed ? say("locking %s (%s) for %u\n", key, renewed, args->ttl)
                  : say("locking %s for %u\n", key, args->ttl)))
        return false;
    if (etcd_lock(session, key, args->ttl, renewed, &index) != ETCD_OK) return failed(session, "etcd_lock");
    done = !index || say("got back index number %s\n", index);
    free(index);
    return done;
}

static bool unlock(etcd_session session, const struct arguments *args)
{
    const char *key = args->words[1], *index = args->options[INDEX];

    if (!say("unlocking %s (%s)\n", key, index)) return false;
    return etcd_unlock(session, key, index) == ETCD_OK || failed(session, "etcd_unlock");
}

static bool version(etcd_session session, const struct arguments *args)
{
    (void)session;
    (void)args;
    return say("etcd-test (libetcd) %s\n", etcd_version_string());
}

static bool help(etcd_session session, const struct arguments *args);

static const struct command {
    const char *name, *takes, *needs; /* option letters */
    int min, max;                     /* words after the name */
    bool offline;                     /* needs no server */
    bool (*run)(etcd_session session, const struct arguments *args);
    const char *synopsis, *summary;
} commands[] = {
    { "get", "", "", 1, 1, false, get, "get KEY", "its value; without one, the names below KEY/" },
    { "set", "pt", "", 2, 2, false, set, "set [-p PRECOND] [-t TTL] KEY VALUE", "set it" },
    { "delete", "", "", 1, 1, false, delete, "delete KEY", "delete it" },
    { "ls", "", "", 0, 1, false, list, "ls [KEY]", "the names below KEY/, or at the top" },
    { "watch", "i", "", 1, 1, false, watch, "watch [-i INDEX] KEY", "changes of KEY and below KEY/, for ever" },
    { "leader", "", "", 0, 0, false, leader, "leader", "the ID of the cluster's leader" },
    { "lock", "it", "t", 1, 1, false, lock, "lock -t TTL [-i INDEX] KEY", "take a lock, or renew it with -i" },
    { "unlock", "i", "i", 1, 1, false, unlock, "unlock -i INDEX KEY", "give it back" },
    { "help", "", "", 0, 0, true, help, "help", "this text" },
    { "version", "", "", 0, 0, true, version, "version", "the version of the library" },
};
static const size_t command_count = sizeof commands / sizeof *commands;

static void print_usage(FILE *to)
{
    size_t i;

    fprintf(to, "usage: etcd-test [-s SERVERS] [COMMAND]\n\ncommands, by default from standard input, one a line:\n");
    for (i = 0; i < command_count; i++) fprintf(to, "  %-37s%s\n", commands[i].synopsis, commands[i].summary);
    fprintf(to, "\noptions, anywhere up to --:\n"
                "  -s, --servers=SERVERS  HOST:PORT,...  https://HOST:PORT  unix:/PATH  mem:  or from $ETCD_SERVERS\n"
                "  -p, --precond=PRECOND  set only if this is the value now\n"
                "  -t, --ttl=TTL          seconds until the key or the lock is gone\n"
                "  -i, --index=INDEX      watch: from this index on; lock, unlock: as lock printed it\n"
                "  -h, --help; --version\n");
}

static bool help(etcd_session session, const struct arguments *args)
{
    (void)session;
    (void)args;
    print_usage(stdout);
    fputs("\nexamples:\n"
          "  etcd-test -s localhost:2379 set greeting hello\n"
          "  etcd-test -s localhost:2379 set greeting goodbye -p hello -t 60\n"
          "  export ETCD_SERVERS=10.0.0.1:2379,10.0.0.2:2379\n"
          "  etcd-test watch greeting\n"
          "  etcd-test -s mem:          commands from standard input, to an etcd inside the process\n",
          stdout);
    return flushed();
}

/* From text to checked arguments. */

static void add_word(struct arguments *args, const char *word)
{
    if (args->count < 3) args->words[args->count] = word;
    args->count++;
}

/* In place of all that was said beside --help or --version. */
static void only(struct arguments *args, const char *command)
{
    memset(args, 0, sizeof *args);
    add_word(args, command);
}

static bool parse(int argc, char **argv, struct arguments *args)
{
    enum { VERSION = UCHAR_MAX + 1 };
    static const struct option long_options[] = {
        { "index", required_argument, NULL, 'i' },   { "precond", required_argument, NULL, 'p' },
        { "servers", required_argument, NULL, 's' }, { "ttl", required_argument, NULL, 't' },
        { "help", no_argument, NULL, 'h' },          { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 },
    };
    const char *instead = NULL;

    memset(args, 0, sizeof *args);
    optind = 0; /* glibc then forgets the line before */
    for (;;) {
        const char *at = argv[optind > 0 ? optind : 1];
        /* '-': words come in their turn, whatever POSIXLY_CORRECT says. ':': the messages are ours. */
        int option = getopt_long(argc, argv, "-:hi:p:s:t:", long_options, NULL);
        switch (option) {
        case 1: add_word(args, optarg); break;
        case 'h': instead = "help"; break;
        case VERSION: instead = "version"; break;
        case ':': return complain("option without its value: %s", at);
        case '?': return complain("unknown option: %s", at);
        case -1:
            while (optind < argc) add_word(args, argv[optind++]);
            if (instead) only(args, instead);
            return true;
        default: args->options[strchr(letters, option) - letters] = optarg;
        }
    }
}

/* Decimal digits and nothing else, where strtoul() would take a sign, spaces and what follows. */
static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
    errno = 0;
    *out = strtoul(text, NULL, 10);
    return *text && text[strspn(text, "0123456789")] == '\0' && errno == 0 && *out >= min && *out <= max;
}

/* The command, or NULL after a complaint. */
static const struct command *check(struct arguments *args)
{
    const struct command *command = commands, *const end = commands + command_count;
    const char *ttl = args->options[TTL], *index = args->options[INDEX];
    unsigned long value = 0;
    int i;

    if (args->count == 0) return complain("no command"), NULL;
    while (command < end && strcasecmp(command->name, args->words[0]) != 0) command++;
    if (command == end) return complain("unknown command: %s", args->words[0]), NULL;
    for (i = 0; i < OPTIONS; i++) {
        bool given = args->options[i] != NULL;
        if (given && !strchr(command->takes, letters[i]))
            return complain("%s takes no -%c", command->name, letters[i]), NULL;
        if (!given && strchr(command->needs, letters[i]))
            return complain("%s needs -%c: %s", command->name, letters[i], command->synopsis), NULL;
    }
    if (args->count - 1 < command->min) return complain("too few words: %s", command->synopsis), NULL;
    if (args->count - 1 > command->max) return complain("too many words: %s", command->synopsis), NULL;
    if (ttl) {
        /* Elsewhere 0 means for ever; a lock is never for ever. */
        unsigned long min = command->run == lock;
        if (!number(ttl, min, UINT_MAX, &value))
            return complain("-t: not a whole number from %lu to %u: %s", min, UINT_MAX, ttl), NULL;
        args->ttl = (unsigned int)value;
    }
    /* That of a lock is for the library to understand. */
    if (index && command->run == watch) {
        if (!number(index, 0, INT_MAX, &value))
            return complain("-i: not a whole number from 0 to %d: %s", INT_MAX, index), NULL;
        args->index = (int)value;
    }
    return command;
}

/* Splits a line where it stands, by the rules of a shell without its expansions. The number of words; -1 after a
 * complaint. */
static int split(char *line, char **words, int room)
{
    char *to = line;
    int count = 0;

    for (;;) {
        char quote = '\0';
        while (isspace((unsigned char)*line)) line++;
        if (*line == '\0' || *line == '#') return count;
        if (count == room) return complain("more than %d words", room), -1;
        words[count++] = to;
        for (; *line && (quote || !isspace((unsigned char)*line)); line++) {
            if (quote ? *line == quote : *line == '\'' || *line == '"') {
                quote = quote ? '\0' : *line;
                continue;
            }
            if (*line == '\\' && (!quote || (quote == '"' && (line[1] == '"' || line[1] == '\\')))) line++;
            if (*line == '\0') return complain("nothing after the backslash"), -1;
            *to++ = *line;
        }
        if (quote) return complain("no closing %c", quote), -1;
        if (*line) line++; /* before the end of the word takes its place */
        *to++ = '\0';
    }
}

/* Runs a line; false if it is wrong or fails. */
static bool run_line(etcd_session session, char *line, size_t length, bool *quit)
{
    enum { ROOM = 30 };
    static char name[] = "etcd-test";
    char *words[ROOM + 2] = { name };
    const struct command *command;
    struct arguments args;
    int count;

    if (strlen(line) != length) return complain("a NUL byte");
    line[strcspn(line, "\n")] = '\0';
    count = split(line, words + 1, ROOM);
    if (count <= 0) return count == 0;
    words[count + 1] = NULL;
    *quit = count == 1 && (strcasecmp(words[1], "quit") == 0 || strcasecmp(words[1], "exit") == 0);
    if (*quit) return true;
    if (!parse(count + 1, words, &args)) return false;
    if (args.options[SERVERS]) return complain("-s: the servers are those of the session");
    command = check(&args);
    return command && command->run(session, &args);
}

/* Runs standard input; false if any line failed. */
static bool run_input(etcd_session session)
{
    const bool terminal = isatty(STDIN_FILENO);
    bool good = true, quit = false;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while (!quit && !ferror(stdout)) {
        /* Not into what may be written to a file. */
        if (terminal) fputs("etcd-test> ", stderr);
        length = getline(&line, &room, stdin);
        if (length < 0) break;
        line_number += !terminal;
        if (!run_line(session, line, (size_t)length, &quit)) good = false;
    }
    line_number = 0;
    if (ferror(stdin)) good = complain("standard input: %s", strerror(errno));
    else if (terminal && feof(stdin)) fputc('\n', stderr);
    free(line);
    return good;
}

static int usage_error(void)
{
    print_usage(stderr);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct command *command = NULL;
    const char *servers;
    struct arguments args;
    etcd_client_t *client = NULL;
    etcd_error_t *error = NULL;
    etcd_status_t status;
    bool good;
    int fd;

    /* In place of a closed standard descriptor the library would get a socket, and output would go there. */
    while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO) continue;
    if (fd >= 0) close(fd);

    if (!parse(argc, argv, &args)) return usage_error();
    servers = args.options[SERVERS] ? args.options[SERVERS] : getenv("ETCD_SERVERS");
    args.options[SERVERS] = NULL;
    if (args.count > 0 || args.options[INDEX] || args.options[PRECOND] || args.options[TTL]) {
        command = check(&args);
        if (!command) return usage_error();
        if (command->offline) return command->run(NULL, &args) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (!servers || !*servers) {
        complain("no servers: give -s or set ETCD_SERVERS");
        return usage_error();
    }
    status = etcd_client_open_endpoints(servers, &client, &error);
    if (status != ETCD_OK) return report("etcd_open", status, error), EXIT_FAILURE;
    good = command ? command->run(client, &args) : run_input(client);
    etcd_client_close(client);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
