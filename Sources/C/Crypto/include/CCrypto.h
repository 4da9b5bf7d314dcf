// libcrypto of OpenSSL 3: EVP digests, MACs and ciphers import as they are.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
