#include "CPQ.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static pq_calls calls;
static bool loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define X(name) \
  if (!(*(void **)&calls.name = dlsym(library, "PQ" #name))) return;
  PQ_CALLS
#undef X
  loaded = true;
}

const pq_calls *pq_load(void) {
  pthread_once(&once, load);
  return loaded ? &calls : NULL;
}
