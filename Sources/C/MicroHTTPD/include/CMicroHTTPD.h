// libmicrohttpd, with typed forms of its variadic calls.
#pragma once
#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
  /// A numeric IPv4 or IPv6 address.
  const char *address;
  /// 0 picks a free one.
  uint16_t port;
  /// The most connections at once; each has a thread.
  unsigned connections;
  /// After so many seconds without a byte a connection is closed.
  unsigned idle_seconds;
  /// What the request line and the headers of one request may take, in bytes.
  size_t header_bytes;
} mhd_settings;

typedef struct {
  /// Called first, with the target as it stands in the request; what it returns is the request's context.
  void *(*begin)(void *cls, const char *target, struct MHD_Connection *);
  MHD_AccessHandlerCallback access;
  /// Called last, once for each `begin`.
  MHD_RequestCompletedCallback end;
} mhd_callbacks;

/// Starts a server with a thread for each connection, which sends no Date of its own: NULL, and an errno in `*error`, where it
/// can't. The corresponding C function is `MHD_start_daemon`.
struct MHD_Daemon *mhd_start(mhd_settings settings, mhd_callbacks callbacks, void *cls, int *error);

/// The port that it listens on. MHD_DAEMON_INFO_BIND_PORT.
uint16_t mhd_port(struct MHD_Daemon *);

/// The socket of a connection. MHD_CONNECTION_INFO_CONNECTION_FD.
int mhd_socket(struct MHD_Connection *);

/// Ends an answer before its length: MHD_CONTENT_READER_END_WITH_ERROR.
ssize_t mhd_broken_off(void);

/// A bell that threads wait for: a descriptor, or -1. eventfd(2).
int mhd_make_bell(void);
/// Wakes all who wait, now and later.
void mhd_ring(int bell);

/// Waits for the bell, for the peer of `socket` to hang up (where it is not -1), or for the time to pass (-1 never passes).
/// True when the time has passed. poll(2).
int mhd_wait(int bell, int socket, int64_t milliseconds);
