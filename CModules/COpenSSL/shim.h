#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What OpenSSL offers as macros, which Swift doesn't see.
static inline int coppice_ssl_versions(SSL_CTX *context, int lowest) {
    return SSL_CTX_set_min_proto_version(context, lowest);
}
static inline int coppice_ssl_lowest(SSL *ssl, int lowest) {
    return SSL_set_min_proto_version(ssl, lowest);
}
static inline void coppice_ssl_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
        | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
        | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline long coppice_ssl_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}
static inline size_t coppice_bio_pending(BIO *bio) { return BIO_ctrl_pending(bio); }
static inline EVP_PKEY *coppice_ec_key(void) { return EVP_EC_gen("P-256"); }

// The bytes that go into and come out of connections while a call lasts. All connections of a context share one: each
// call begins with nothing in it and ends so, and no connection keeps a buffer of its own.
typedef struct {
    const unsigned char *in;
    size_t in_count;
    unsigned char *out;
    size_t out_count;
    size_t out_capacity;
    unsigned char *text;
    size_t text_count;
    size_t text_capacity;
} coppice_wire;

static inline int coppice_wire_read(BIO *bio, char *to, size_t limit, size_t *count) {
    coppice_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *count = limit < wire->in_count ? limit : wire->in_count;
    if (*count == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(to, wire->in, *count);
    wire->in += *count;
    wire->in_count -= *count;
    return 1;
}
static inline int coppice_wire_write(BIO *bio, const char *from, size_t size, size_t *count) {
    coppice_wire *wire = BIO_get_data(bio);
    if (wire->out_count + size > wire->out_capacity) {
        size_t capacity = (wire->out_count + size) * 2;
        unsigned char *grown = realloc(wire->out, capacity);
        if (grown == NULL) return 0;
        wire->out = grown;
        wire->out_capacity = capacity;
    }
    memcpy(wire->out + wire->out_count, from, size);
    wire->out_count += size;
    *count = size;
    return 1;
}
static inline long coppice_wire_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}
static inline BIO_METHOD *coppice_wire_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "coppice wire");
    if (method == NULL) return NULL;
    BIO_meth_set_read_ex(method, coppice_wire_read);
    BIO_meth_set_write_ex(method, coppice_wire_write);
    BIO_meth_set_ctrl(method, coppice_wire_control);
    return method;
}
// Decrypts all that has come, behind what was decrypted before. Returns what the last SSL_read did.
static inline int coppice_wire_decrypt(SSL *ssl, coppice_wire *wire) {
    for (;;) {
        size_t count = 0;
        if (wire->text_capacity - wire->text_count < 16384) {
            size_t capacity = wire->text_capacity * 2 + 98304;
            unsigned char *grown = realloc(wire->text, capacity);
            if (grown == NULL) return 0;
            wire->text = grown;
            wire->text_capacity = capacity;
        }
        int result = SSL_read_ex(ssl, wire->text + wire->text_count, wire->text_capacity - wire->text_count, &count);
        if (result != 1) return result;
        wire->text_count += count;
    }
}
// Takes the first bytes of what was decrypted out again.
static inline void coppice_wire_take(coppice_wire *wire, unsigned char *to, size_t count) {
    memcpy(to, wire->text, count);
    wire->text_count -= count;
    memmove(wire->text, wire->text + count, wire->text_count);
}
static inline void coppice_wire_free(coppice_wire *wire) {
    free(wire->out);
    free(wire->text);
}
static inline void coppice_openssl_free(void *memory) { OPENSSL_free(memory); }
static inline BIO *coppice_wire_bio(const BIO_METHOD *method, coppice_wire *wire) {
    BIO *bio = BIO_new(method);
    if (bio == NULL) return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
