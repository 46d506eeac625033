/* What a broadcast costs at least: the shared half of the bound programs.
 *
 * A minimal server on libuv that speaks enough of Coppice's wire to be measured by the same generator: LOGIN is answered
 * with LOGIN_SUCCESS, ACTIVITY_MESSAGE becomes one ACTIVITY_BROADCAST with id and stamp, as long as Coppice's own line.
 * There is no policy: no accounts, no limits, no tree, no retention. What a program does with a line is `take_line`, which
 * each of them defines; the rest is the shape that Coppice has too:
 *
 *   one log, a ring of bytes that is mapped twice, so that every piece of it is contiguous
 *   one cursor per client, and one write per client and turn of the loop, of all that came since
 *   one read buffer for all; a client owns bytes only while it holds half a line
 *
 * A client that is half a ring behind is closed.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#include "broadcast_tail.h"
#ifdef BOUND_TLS
#include <openssl/ssl.h>
#endif

enum {
    RING_BYTES = 64 << 20,        /* the log */
    READ_BYTES = 64 << 10,        /* the most that is read of one client in a turn */
    LINE_BYTES = 64 << 10,        /* the longest line of a client */
    SEND_BUFFER_BYTES = 256 << 10 /* what the kernel may hold for a client, as Coppice sets it */
};

struct client {
    uv_tcp_t tcp;
    char *partial; /* half a line; NULL between two messages */
    uint32_t partial_count;
    int32_t follower; /* where it stands in `followers`; -1 before its login */
    uv_write_t *flight;
#ifdef BOUND_TLS
    SSL *tls;
    BIO *sealed; /* records that have not been written yet */
#endif
};

/* What the flush walks over. */
struct follower {
    uint64_t cursor;
    struct client *client;
    bool blocked;
};

static uv_loop_t *loop;
static char *ring;
static uint64_t head; /* the end of the log */
static struct follower *followers;
static size_t follower_count, follower_capacity;
static char read_buffer[READ_BYTES];

static void take_line(struct client *client, const char *line, size_t count);
static void end_client(struct client *client);
static void did_write(uv_write_t *request, int status);

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- the log ---- */

static void make_ring(void) {
    int memory = memfd_create("log", 0);
    if (memory < 0 || ftruncate(memory, RING_BYTES) < 0) die("the log's memory");
    ring = mmap(NULL, 2l * RING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) die("mmap");
    for (int half = 0; half < 2; half++) {
        void *place = ring + (size_t)half * RING_BYTES;
        if (mmap(place, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) != place) die("mmap");
    }
    close(memory);
}

static void log_bytes(const char *bytes, size_t count) {
    memcpy(ring + head % RING_BYTES, bytes, count);
    head += count;
}

static void log_tail(void) {
    char tail[BROADCAST_TAIL_BYTES];
    log_bytes(tail, broadcast_tail(tail));
}

/* ---- clients ---- */

static void stop_following(struct client *client) {
    if (client->follower < 0) return;
    struct follower last = followers[--follower_count];
    if (last.client != client) {
        followers[client->follower] = last;
        last.client->follower = client->follower;
    }
    client->follower = -1;
}

static void did_close(uv_handle_t *handle) {
    struct client *client = (struct client *)handle;
    free(client->partial);
    free(client->flight);
#ifdef BOUND_TLS
    SSL_free(client->tls);
#endif
    free(client);
}

static void end_client(struct client *client) {
    if (uv_is_closing((uv_handle_t *)client)) return;
    stop_following(client);
    uv_close((uv_handle_t *)client, did_close);
}

#ifdef BOUND_TLS
/* Writes what is sealed: at once as far as the kernel takes it, the rest once it does. */
static bool write_sealed(struct client *client) {
    char *bytes;
    long count = BIO_get_mem_data(client->sealed, &bytes);
    if (count == 0 || client->flight) return true;
    uv_buf_t buffer = uv_buf_init(bytes, (unsigned)count);
    int taken = uv_try_write((uv_stream_t *)client, &buffer, 1);
    if (taken < 0 && taken != UV_EAGAIN) return false;
    if (taken == count) return BIO_reset(client->sealed) == 1;
    if (taken < 0) taken = 0;
    client->flight = malloc(sizeof *client->flight);
    if (!client->flight) die("malloc");
    buffer = uv_buf_init(bytes + taken, (unsigned)(count - taken));
    if (client->follower >= 0) followers[client->follower].blocked = true;
    return uv_write(client->flight, (uv_stream_t *)client, &buffer, 1, did_write) == 0;
}
#endif

static void log_in(struct client *client) {
    static const char answer[] =
        "{\"command\":\"LOGIN_SUCCESS\",\"info\":\"logged in as user anonymous\",\"vector\":{},\"servers\":[],"
        "\"session\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n";
#ifdef BOUND_TLS
    if (SSL_write(client->tls, answer, sizeof answer - 1) <= 0 || !write_sealed(client)) return end_client(client);
#else
    uv_buf_t buffer = uv_buf_init((char *)answer, sizeof answer - 1);
    if (uv_try_write((uv_stream_t *)client, &buffer, 1) != (int)sizeof answer - 1) return end_client(client);
#endif
    if (client->follower >= 0) return;
    if (follower_count == follower_capacity) {
        follower_capacity = follower_capacity ? follower_capacity * 2 : 1024;
        followers = realloc(followers, follower_capacity * sizeof *followers);
        if (!followers) die("realloc");
    }
    client->follower = (int32_t)follower_count;
    followers[follower_count++] = (struct follower){.cursor = head, .client = client, .blocked = false};
}

static void did_write(uv_write_t *request, int status) {
    struct client *client = (struct client *)request->handle;
    free(client->flight);
    client->flight = NULL;
    if (status < 0) return end_client(client);
#ifdef BOUND_TLS
    BIO_reset(client->sealed);
#endif
    if (client->follower >= 0) followers[client->follower].blocked = false;
}

/* Once a turn, after everything that had come was read. */
static void flush(uv_check_t *check) {
    (void)check;
    for (size_t index = 0; index < follower_count; index++) {
        struct follower *follower = &followers[index];
        uint64_t behind = head - follower->cursor;
        if (behind == 0) continue;
        if (behind > RING_BYTES / 2) {
            end_client(follower->client);
            index--;
            continue;
        }
        if (follower->blocked) continue;
#ifdef BOUND_TLS
        struct client *listener = follower->client;
        while (follower->cursor < head && !follower->blocked) {
            uint64_t count = head - follower->cursor;
            if (count > SEND_BUFFER_BYTES) count = SEND_BUFFER_BYTES;
            bool is_sealed = SSL_write(listener->tls, ring + follower->cursor % RING_BYTES, (int)count) > 0;
            follower->cursor += count;
            if (is_sealed && write_sealed(listener)) continue;
            end_client(listener);
            index--;
            break;
        }
        continue;
#endif
        uv_buf_t buffer = uv_buf_init(ring + follower->cursor % RING_BYTES, (unsigned)behind);
        int taken = uv_try_write((uv_stream_t *)follower->client, &buffer, 1);
        if (taken < 0 && taken != UV_EAGAIN) {
            end_client(follower->client);
            index--;
            continue;
        }
        if (taken > 0) follower->cursor += (uint64_t)taken;
        if (follower->cursor == head) continue;
        /* The kernel takes no more: the rest goes from the ring as soon as it does. */
        struct client *client = follower->client;
        uint64_t rest = head - follower->cursor;
        if (rest > SEND_BUFFER_BYTES) rest = SEND_BUFFER_BYTES;
        buffer = uv_buf_init(ring + follower->cursor % RING_BYTES, (unsigned)rest);
        client->flight = malloc(sizeof *client->flight);
        if (!client->flight) die("malloc");
        follower->cursor += rest;
        follower->blocked = true;
        if (uv_write(client->flight, (uv_stream_t *)client, &buffer, 1, did_write) < 0) {
            end_client(client);
            index--;
        }
    }
}

/* ---- reading ---- */

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)handle, (void)suggested;
    *buffer = uv_buf_init(read_buffer, sizeof read_buffer);
}

static void keep(struct client *client, const char *bytes, size_t count) {
    if (client->partial_count + count > LINE_BYTES) return end_client(client);
    client->partial = realloc(client->partial, client->partial_count + count);
    if (!client->partial) die("realloc");
    memcpy(client->partial + client->partial_count, bytes, count);
    client->partial_count += (uint32_t)count;
}

static void take_bytes(struct client *client, const char *bytes, size_t left) {
    while (left > 0 && !uv_is_closing((uv_handle_t *)client)) {
        const char *end = memchr(bytes, '\n', left);
        if (!end) return keep(client, bytes, left);
        size_t length = (size_t)(end - bytes);
        if (client->partial) {
            keep(client, bytes, length);
            if (uv_is_closing((uv_handle_t *)client)) return;
            take_line(client, client->partial, client->partial_count);
            free(client->partial);
            client->partial = NULL;
            client->partial_count = 0;
        } else {
            take_line(client, bytes, length);
        }
        bytes += length + 1;
        left -= length + 1;
    }
}

#ifdef BOUND_TLS
static SSL_CTX *context;
static char opened[16 << 10];

static void did_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct client *client = (struct client *)stream;
    if (count < 0) return end_client(client);
    BIO_write(SSL_get_rbio(client->tls), buffer->base, (int)count);
    if (!SSL_is_init_finished(client->tls)) {
        SSL_do_handshake(client->tls);
        if (!write_sealed(client)) return end_client(client);
    }
    int length = 0;
    while (!uv_is_closing((uv_handle_t *)client) && (length = SSL_read(client->tls, opened, sizeof opened)) > 0)
        take_bytes(client, opened, (size_t)length);
    if (!uv_is_closing((uv_handle_t *)client) && SSL_get_error(client->tls, length) != SSL_ERROR_WANT_READ)
        end_client(client);
}

static void begin_tls(struct client *client) {
    client->tls = SSL_new(context);
    client->sealed = BIO_new(BIO_s_mem());
    if (!client->tls || !client->sealed) die("TLS");
    SSL_set_bio(client->tls, BIO_new(BIO_s_mem()), client->sealed);
    SSL_set_accept_state(client->tls);
}
#else
static void did_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct client *client = (struct client *)stream;
    if (count < 0) return end_client(client);
    take_bytes(client, buffer->base, (size_t)count);
}
#endif

static void has_connection(uv_stream_t *listener, int status) {
    if (status < 0) return;
    struct client *client = calloc(1, sizeof *client);
    if (!client) die("calloc");
    client->follower = -1;
    uv_tcp_init(loop, &client->tcp);
#ifdef BOUND_TLS
    begin_tls(client);
#endif
    if (uv_accept(listener, (uv_stream_t *)client) < 0) return end_client(client);
    uv_read_start((uv_stream_t *)client, lend_buffer, did_read);
}

static void stop(int signal) {
    (void)signal;
    _exit(0);
}

/* One argument: the port, or 0 for a free one. */
static int run(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\nListens on the loopback until it is killed; 0 takes a free port.\n", argv[0]);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    make_ring();
    loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address);
    int status = uv_tcp_bind(&listener, (struct sockaddr *)&address, 0);
    if (status == 0) status = uv_listen((uv_stream_t *)&listener, 4096, has_connection);
    if (status < 0) {
        fprintf(stderr, "%s: cannot listen on port %s: %s\n", argv[0], argv[1], uv_strerror(status));
        return 1;
    }
    int descriptor, on = 1, send_buffer = SEND_BUFFER_BYTES, length = sizeof address;
    uv_fileno((uv_handle_t *)&listener, &descriptor);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length);
    printf("listening on localhost:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    uv_check_t check;
    uv_check_init(loop, &check);
    uv_check_start(&check, flush);
    uv_unref((uv_handle_t *)&check);
    return uv_run(loop, UV_RUN_DEFAULT);
}
