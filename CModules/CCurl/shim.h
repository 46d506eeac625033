#include <curl/curl.h>

// libcurl sets its options through functions with a variable number of arguments, which Swift doesn't call. Here is one
// function for each type that an option has.

static inline CURLcode coppice_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode coppice_easy_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode coppice_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode coppice_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode coppice_easy_set_write(CURL *easy, size_t (*write)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write);
}

static inline CURLcode coppice_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode coppice_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode coppice_multi_set_socket(
    CURLM *multi, int (*changed)(CURL *, curl_socket_t, int, void *, void *)) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, changed);
}

static inline CURLMcode coppice_multi_set_timer(CURLM *multi, int (*changed)(CURLM *, long, void *)) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, changed);
}

// Whether a message is about a transfer that has ended, and how it ended: a union in C.
static inline CURLcode coppice_message_result(const CURLMsg *message) {
    return message->data.result;
}
