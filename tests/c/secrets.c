/* Looks for a password in the process's memory once the client that used it is closed: no copy may be left.
 *
 * secrets ENDPOINTS CA-FILE ROUNDS; the user is "root", CA-FILE may be empty. The password is made here and in the
 * test by the same rule, so that it is in no argument. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

#define LENGTH 24

static char letter(int i) { return (char)('a' + (i * 7 + 3) % 26); }

static int matches(const unsigned char *at) {
  int i;
  for (i = 0; i < LENGTH; i++)
    if (at[i] != (unsigned char)letter(i)) return 0;
  return 1;
}

/* Copies in all memory that can be written, but for what the search itself reads into. */
static long copies(void) {
  static const size_t room = 1 << 20;
  unsigned char *own = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FILE *maps = fopen("/proc/self/maps", "r");
  int memory = open("/proc/self/mem", O_RDONLY);
  char line[512];
  long found = 0;
  CHECK(own != MAP_FAILED && maps != NULL && memory >= 0);
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long from, to;
    char rights[8];
    if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w') continue;
    while (from < to) {
      size_t want = to - from < room ? to - from : room, i;
      ssize_t got = pread(memory, own, want, (off_t)from);
      if (got < LENGTH) break;
      for (i = 0; i + LENGTH <= (size_t)got; i++) {
        unsigned long at = from + i;
        int ours = at + LENGTH > (unsigned long)own && at < (unsigned long)own + room;
        if (ours || !matches(own + i)) continue;
        found++;
        fprintf(stderr, "at %lx in %s", at, line);
      }
      if ((size_t)got < want || want < room) break;
      from += (unsigned long)got - LENGTH;
    }
    memset(own, 0, room);
  }
  fclose(maps);
  close(memory);
  munmap(own, room);
  return found;
}

int main(int argc, char **argv) {
  int round, i;
  alarm(100);
  CHECK(argc == 4);
  for (round = number(argv[3]); round > 0; round--) {
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    char password[LENGTH + 1];
    volatile char *wiped = password;
    etcd_client_t *client = NULL;
    for (i = 0; i < LENGTH; i++) password[i] = letter(i);
    password[LENGTH] = 0;
    options.endpoints = argv[1];
    options.ca_file = argv[2];
    options.user = "root";
    options.password = password;
    OK(etcd_client_open(&options, &client, &err));
    for (i = 0; i < 5; i++) works(client, "secrets");
    /* The search itself works: the caller's copy and the client's. */
    if (round == 1) CHECK(copies() >= 2);
    etcd_client_close(client);
    for (i = 0; i <= LENGTH; i++) wiped[i] = 0;
  }
  CHECK(copies() == 0);
  return 0;
}
