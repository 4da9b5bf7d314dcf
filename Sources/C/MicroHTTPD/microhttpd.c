#define _GNU_SOURCE
#include "CMicroHTTPD.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct MHD_Daemon *mhd_start(mhd_settings s, mhd_callbacks c, void *cls, int *error) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(s.port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(s.port)};
  unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                   MHD_USE_SUPPRESS_DATE_NO_CLOCK;
  struct sockaddr *address;
  if (inet_pton(AF_INET, s.address, &v4.sin_addr) == 1) {
    address = (struct sockaddr *)&v4;
  } else if (inet_pton(AF_INET6, s.address, &v6.sin6_addr) == 1) {
    address = (struct sockaddr *)&v6;
    flags |= MHD_USE_IPv6;
  } else {
    *error = EADDRNOTAVAIL;
    return NULL;
  }
  errno = 0;
  struct MHD_Daemon *daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, c.access, cls, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_URI_LOG_CALLBACK, c.begin, cls,
      MHD_OPTION_NOTIFY_COMPLETED, c.end, cls, MHD_OPTION_CONNECTION_LIMIT, s.connections,
      MHD_OPTION_CONNECTION_TIMEOUT, s.idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, s.header_bytes, MHD_OPTION_END);
  if (!daemon) *error = errno ? errno : EIO;
  return daemon;
}

uint16_t mhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

int mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

ssize_t mhd_broken_off(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }

int mhd_make_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void mhd_ring(int bell) {
  uint64_t one = 1;
  (void)!write(bell, &one, sizeof one);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int mhd_wait(int bell, int socket, int64_t milliseconds) {
  int64_t end = now() + milliseconds;
  for (;;) {
    struct pollfd p[2] = {{bell, POLLIN, 0}, {socket, POLLRDHUP, 0}};
    int64_t left = milliseconds < 0 ? -1 : end - now();
    if (milliseconds >= 0 && left < 0) left = 0;
    int got = poll(p, 2, left > INT_MAX ? INT_MAX : (int)left);
    if (got > 0) return 0;
    if (got < 0 && errno != EINTR) return 0;
    if (got == 0 && milliseconds >= 0 && now() >= end) return 1;
  }
}
