/* The bound without JSON over TLS 1.3 with AES-128-GCM: OpenSSL with memory BIOs between the log and the sockets. Two more
 * arguments: the certificate and the key, as PEM. See bound.h. */
#define BOUND_TLS
#include "bound.h"

#include "line_unread.h"

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s PORT CERTIFICATE KEY\n", argv[0]);
        return 64;
    }
    context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1
        || SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1
        || SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1) {
        fprintf(stderr, "%s: the certificate or the key can't be used\n", argv[0]);
        return 1;
    }
    /* What idle connections needn't hold. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_num_tickets(context, 0);
    return run(2, argv);
}
