// What Swift's Glibc module hides: calls behind _GNU_SOURCE, variadic calls, and work that must happen between
// fork and exec.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Asks for a pipe buffer of `bytes`; a refusal is of no consequence. fcntl(2), F_SETPIPE_SZ.
void posix_widen_pipe(int fd, int bytes);

/// Takes a lock of the whole open file without waiting: 0, or an errno. flock(2).
int posix_lock(int fd);

/// Takes that lock, waiting for it: 0, or an errno. And gives it back.
int posix_lock_wait(int fd);
void posix_unlock(int fd);

/// The process that holds a lock on the file, as the kernel tells it in /proc/locks, or 0.
pid_t posix_lock_holder(int fd);

/// Opens a file with O_CLOEXEC: a descriptor, or -errno. open(2).
int posix_open(const char *path, int flags, mode_t mode);

/// No core file, no ptrace by others: secrets stay out of both. setrlimit(2), prctl(2).
void posix_keep_memory_private(void);

/// What a child may use. 0 is no bound.
typedef struct {
  uint64_t cpu_seconds;
  uint64_t address_space;
  uint64_t file_size;
} posix_limits;

/// Starts `argv[0]` (looked up in PATH) under limits, its stdin, stdout and stderr being the three descriptors, every
/// other one closed, in a process group of its own, without the variables `SLUICE_…`, some of which are secrets: the pid,
/// or -errno. fork(2), setrlimit(2), close_range(2), execvpe(3).
pid_t posix_start(char *const argv[], int in, int out, int err, posix_limits limits);

/// From now on the first SIGINT or SIGTERM is only noted; the second ends the process. sigaction(2).
void posix_note_termination(void);
/// The signal that was noted, or 0.
int posix_noted_signal(void);
