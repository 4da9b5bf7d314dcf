// libcurl, with typed forms of its variadic calls. https://curl.se/libcurl/c/
#pragma once
#include <curl/curl.h>

/// curl_easy_setopt for an option that takes a long.
CURLcode curl_set_long(CURL *easy, CURLoption option, long value);
/// curl_easy_setopt for an option that takes a curl_off_t.
CURLcode curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
/// curl_easy_setopt for an option that takes a string, which libcurl copies.
CURLcode curl_set_string(CURL *easy, CURLoption option, const char *value);
/// curl_easy_setopt for an option that takes a pointer, which libcurl keeps.
CURLcode curl_set_pointer(CURL *easy, CURLoption option, void *value);
/// curl_easy_setopt for CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
CURLcode curl_set_receiver(CURL *easy, CURLoption option, curl_write_callback function);

/// curl_easy_getinfo for what is a long; 0 where there is none.
long curl_get_long(CURL *easy, CURLINFO info);

/// curl_multi_setopt for an option that takes a long.
CURLMcode curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

/// HTTP/2 where TLS negotiates it, else HTTP/1.1: CURL_HTTP_VERSION_2TLS.
extern const long curl_http_version;
/// TLS 1.2 or later: CURL_SSLVERSION_TLSv1_2.
extern const long curl_tls_version;
