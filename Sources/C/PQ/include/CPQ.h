// libpq, PostgreSQL's C library, loaded when it is asked for: linked, it would cost every start of `sink` 4 ms.
#pragma once
#include <postgresql/libpq-fe.h>

#define PQ_CALLS \
  X(conninfoParse) X(conninfoFree) X(freemem) X(connectStartParams) X(connectPoll) X(setErrorVerbosity) \
  X(setNoticeProcessor) X(socket) X(finish) X(status) X(errorMessage) X(host) X(db) X(serverVersion) X(exec) \
  X(enterPipelineMode) X(exitPipelineMode) X(pipelineSync) X(sendPrepare) X(sendQueryPrepared) \
  X(sendQueryParams) X(getResult) X(resultStatus) X(resultErrorField) X(ntuples) X(nfields) X(getvalue) \
  X(getlength) X(getisnull) X(clear)

/// The calls of libpq by their names there, without the `PQ`.
typedef struct {
#define X(name) __typeof__(&PQ##name) name;
  PQ_CALLS
#undef X
} pq_calls;

/// Loads the library. Null where it is not installed. The corresponding C functions are `dlopen` and `dlsym`.
const pq_calls *pq_load(void);
