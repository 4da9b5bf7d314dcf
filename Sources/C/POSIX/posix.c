#define _GNU_SOURCE
#include "CPOSIX.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

void posix_widen_pipe(int fd, int bytes) { (void)fcntl(fd, F_SETPIPE_SZ, bytes); }

int posix_lock(int fd) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int posix_lock_wait(int fd) {
  while (flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

void posix_unlock(int fd) { (void)flock(fd, LOCK_UN); }

pid_t posix_lock_holder(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) return 0;
  FILE *f = fopen("/proc/locks", "re");
  if (!f) return 0;
  char line[256];
  pid_t found = 0;
  while (!found && fgets(line, sizeof line, f)) {
    int pid;
    unsigned maj, min;
    unsigned long ino;
    if (sscanf(line, "%*d: %*s %*s %*s %d %x:%x:%lu", &pid, &maj, &min, &ino) == 4 && ino == st.st_ino &&
        makedev(maj, min) == st.st_dev)
      found = pid;
  }
  fclose(f);
  return found;
}

int posix_open(const char *path, int flags, mode_t mode) {
  for (;;) {
    int fd = open(path, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    if (errno != EINTR) return -errno;
  }
}

void posix_keep_memory_private(void) {
  struct rlimit none = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void bound(int what, uint64_t value) {
  if (!value) return;
  struct rlimit r = {value, value};
  (void)setrlimit(what, &r);
}

// The environment without what is ours, which may be secret. Its strings are those of `environ`.
static char **environment_of_child(void) {
  size_t count = 0;
  while (environ && environ[count]) count++;
  char **kept = calloc(count + 1, sizeof *kept);
  if (!kept) return NULL;
  size_t n = 0;
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], "SLUICE_", 7) != 0) kept[n++] = environ[i];
  return kept;
}

pid_t posix_start(char *const argv[], int in, int out, int err, posix_limits limits) {
  int report[2];
  char **envp = environment_of_child();
  if (!envp) return -ENOMEM;
  if (pipe2(report, O_CLOEXEC) != 0) {
    int e = errno;
    free(envp);
    return -e;
  }
  pid_t pid = fork();
  if (pid < 0) {
    int e = errno;
    free(envp);
    close(report[0]);
    close(report[1]);
    return -e;
  }
  if (pid == 0) {
    (void)setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    int r = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
    int a = fcntl(in, F_DUPFD_CLOEXEC, 10), b = fcntl(out, F_DUPFD_CLOEXEC, 10), c = fcntl(err, F_DUPFD_CLOEXEC, 10);
    if (r >= 0 && a >= 0 && b >= 0 && c >= 0 && dup2(a, 0) >= 0 && dup2(b, 1) >= 0 && dup2(c, 2) >= 0) {
      bound(RLIMIT_CPU, limits.cpu_seconds);
      bound(RLIMIT_AS, limits.address_space);
      bound(RLIMIT_FSIZE, limits.file_size);
      struct rlimit none_core = {0, 0};
      (void)setrlimit(RLIMIT_CORE, &none_core);
      // What a shell opened for us (`3< secret`) is not closed by itself.
      (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
      execvpe(argv[0], argv, envp);
    }
    int e = errno;
    (void)!write(r >= 0 ? r : report[1], &e, sizeof e);
    _exit(127);
  }
  free(envp);
  close(report[1]);
  int e = 0;
  ssize_t got;
  do got = read(report[0], &e, sizeof e);
  while (got < 0 && errno == EINTR);
  close(report[0]);
  if (got == (ssize_t)sizeof e) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return -e;
  }
  return pid;
}

static volatile sig_atomic_t noted;

static void note(int number) { noted = number; }

void posix_note_termination(void) {
  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
}

int posix_noted_signal(void) { return noted; }
