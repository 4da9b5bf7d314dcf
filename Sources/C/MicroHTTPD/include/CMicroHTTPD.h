// libmicrohttpd, with typed forms of its variadic calls.
#pragma once
#include <microhttpd.h>
