/* What a broadcast through WebSockets costs a server of the fastest kind: the published design of uWebSockets, by itself.
 *
 *   epoll without a library, one read buffer of 512 KiB for all clients
 *   what is published in a turn of the loop is noted once, and each subscriber gets it at the end of the turn: one frame for
 *     each message, header and payload copied into a "cork" buffer of 16 KiB that all share, which goes out by one `send`
 *   a subscriber that 32 messages wait for gets them at once
 *   what the kernel doesn't take is copied into a buffer of that client, and goes out when it does
 *
 * It speaks as much of Coppice's wire as the generator needs: LOGIN is answered with LOGIN_SUCCESS, ACTIVITY_MESSAGE becomes one
 * ACTIVITY_BROADCAST as long as Coppice's own. Nothing is parsed, kept or limited. A client more than 16 MiB behind is closed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broadcast_tail.h"

enum {
    READ_BYTES = 512 << 10,
    CORK_BYTES = 16 << 10,
    WAITING_MESSAGES = 32,      /* of one subscriber, until it gets them */
    OUTGOING_BYTES = 1 << 20,   /* of all that is published in a turn */
    BACKLOG_BYTES = 16 << 20,
    MESSAGE_BYTES = 64 << 10,   /* the longest frame of a client */
    SEND_BUFFER_BYTES = 256 << 10
};

struct client {
    int descriptor;
    bool is_upgraded;
    int32_t place; /* in `subscribers`; -1 before the login */
    char *partial; /* half a frame; NULL between two */
    size_t partial_count;
    char *backlog; /* what the kernel hasn't taken; NULL while it takes everything */
    size_t backlog_count, backlog_sent;
};

struct message {
    uint32_t start, count;
};

static int poller;
static struct client **subscribers;
static size_t subscriber_count, subscriber_capacity;
static char read_buffer[READ_BYTES], cork[CORK_BYTES], outgoing[OUTGOING_BYTES];
static size_t cork_count, outgoing_count;
static struct message messages[WAITING_MESSAGES];
static size_t message_count;

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- writing ---- */

static void watch(struct client *client, bool is_blocked) {
    struct epoll_event event = {.events = EPOLLIN | (is_blocked ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_MOD, client->descriptor, &event);
}

static void keep_back(struct client *client, const char *bytes, size_t count) {
    if (client->backlog_count + count > BACKLOG_BYTES) {
        shutdown(client->descriptor, SHUT_RDWR); /* closed when its end is read */
        return;
    }
    bool is_first = !client->backlog;
    client->backlog = realloc(client->backlog, client->backlog_count + count);
    if (!client->backlog) die("realloc");
    memcpy(client->backlog + client->backlog_count, bytes, count);
    client->backlog_count += count;
    if (is_first) watch(client, true);
}

static void write_bytes(struct client *client, const char *bytes, size_t count) {
    if (client->backlog) return keep_back(client, bytes, count);
    ssize_t taken = send(client->descriptor, bytes, count, MSG_NOSIGNAL);
    if (taken < 0) taken = 0;
    if ((size_t)taken < count) keep_back(client, bytes + taken, count - (size_t)taken);
}

static void uncork(struct client *client) {
    if (cork_count > 0) write_bytes(client, cork, cork_count);
    cork_count = 0;
}

static size_t frame_header(char *header, size_t count) {
    header[0] = (char)0x81;
    if (count < 126) {
        header[1] = (char)count;
        return 2;
    }
    if (count < 65536) {
        header[1] = 126;
        uint16_t length = htons((uint16_t)count);
        memcpy(header + 2, &length, 2);
        return 4;
    }
    header[1] = 127;
    uint32_t length[2] = {0, htonl((uint32_t)count)};
    memcpy(header + 2, length, 8);
    return 10;
}

/* Puts a frame into the cork, or past it if it is longer than that. */
static void write_frame(struct client *client, const char *payload, size_t count) {
    char header[10];
    size_t length = frame_header(header, count);
    if (cork_count + length + count > CORK_BYTES) uncork(client);
    if (length + count > CORK_BYTES) {
        write_bytes(client, header, length);
        return write_bytes(client, payload, count);
    }
    memcpy(cork + cork_count, header, length);
    memcpy(cork + cork_count + length, payload, count);
    cork_count += length + count;
}

/* Gives all subscribers what was published. */
static void drain(void) {
    if (message_count == 0) return;
    for (size_t index = 0; index < subscriber_count; index++) {
        for (size_t number = 0; number < message_count; number++)
            write_frame(subscribers[index], outgoing + messages[number].start, messages[number].count);
        uncork(subscribers[index]);
    }
    message_count = 0;
    outgoing_count = 0;
}

/* ---- messages ---- */

static void publish(const char *line, size_t count) {
    static const char key[] = "\"activity\":", user[] = ",\"authenticated_user\":\"anonymous\"}";
    static const char opening[] = "{\"command\":\"ACTIVITY_BROADCAST\",\"activity\":";
    const char *found = memmem(line, count, key, sizeof key - 1);
    if (!found) return;
    found += sizeof key - 1;
    size_t length = (size_t)(line + count - found);
    if (length < 3) return;
    /* The activity is the last member: without the two closing braces, since the user comes behind. */
    length -= 2;
    size_t most = sizeof opening + length + sizeof user + BROADCAST_TAIL_BYTES;
    if (message_count == WAITING_MESSAGES || outgoing_count + most > OUTGOING_BYTES) drain();
    char *end = outgoing + outgoing_count;
    memcpy(end, opening, sizeof opening - 1);
    end += sizeof opening - 1;
    memcpy(end, found, length);
    end += length;
    memcpy(end, user, sizeof user - 1);
    end += sizeof user - 1;
    end += broadcast_tail(end);
    size_t made = (size_t)(end - outgoing) - outgoing_count;
    messages[message_count++] = (struct message){.start = (uint32_t)outgoing_count, .count = (uint32_t)made};
    outgoing_count += made;
}

static void log_in(struct client *client) {
    static const char answer[] =
        "{\"command\":\"LOGIN_SUCCESS\",\"info\":\"logged in as user anonymous\",\"vector\":{},\"servers\":[],"
        "\"session\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n";
    /* Who subscribes gets nothing of what was published before. */
    drain();
    write_frame(client, answer, sizeof answer - 1);
    uncork(client);
    if (client->place >= 0) return;
    if (subscriber_count == subscriber_capacity) {
        subscriber_capacity = subscriber_capacity ? subscriber_capacity * 2 : 1024;
        subscribers = realloc(subscribers, subscriber_capacity * sizeof *subscribers);
        if (!subscribers) die("realloc");
    }
    client->place = (int32_t)subscriber_count;
    subscribers[subscriber_count++] = client;
}

static void take_line(struct client *client, const char *line, size_t count) {
    static const char login[] = "{\"command\":\"LOGIN\"";
    if (count >= sizeof login - 1 && memcmp(line, login, sizeof login - 1) == 0) return log_in(client);
    publish(line, count);
}

static void take_message(struct client *client, const char *text, size_t count) {
    while (count > 0) {
        const char *end = memchr(text, '\n', count);
        size_t length = end ? (size_t)(end - text) : count;
        if (length > 0) take_line(client, text, length);
        length = end ? length + 1 : count;
        text += length;
        count -= length;
    }
}

/* ---- reading ---- */

static void upgrade(struct client *client, const char *key, size_t count) {
    char joined[128], accept[64], answer[256];
    unsigned char digest[SHA_DIGEST_LENGTH];
    int length = snprintf(joined, sizeof joined, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)count, key);
    SHA1((unsigned char *)joined, (size_t)length, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
    length = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: coppice\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    write_bytes(client, answer, (size_t)length);
    client->is_upgraded = true;
}

/* Takes the whole request, or the whole frame, that bytes begin with. Returns its length; 0 while it hasn't come whole; -1 for
 * one that is wrong. The payload is unmasked where it lies. */
static ssize_t take_piece(struct client *client, char *bytes, size_t count) {
    if (!client->is_upgraded) {
        static const char name[] = "Sec-WebSocket-Key: ";
        char *end = memmem(bytes, count, "\r\n\r\n", 4);
        if (!end) return count > 8192 ? -1 : 0;
        char *key = memmem(bytes, (size_t)(end - bytes), name, sizeof name - 1);
        if (!key) return -1;
        key += sizeof name - 1;
        upgrade(client, key, (size_t)((char *)memchr(key, '\r', (size_t)(end + 1 - key)) - key));
        return end + 4 - bytes;
    }
    if (count < 6) return 0;
    size_t length = bytes[1] & 0x7f, header = 6;
    if (length == 126) {
        if (count < 8) return 0;
        length = (size_t)(unsigned char)bytes[2] << 8 | (unsigned char)bytes[3];
        header = 8;
    } else if (length == 127) {
        return -1;
    }
    if (!(bytes[1] & 0x80)) return -1;
    if (count < header + length) return 0;
    const char *mask = bytes + header - 4;
    char *payload = bytes + header;
    uint32_t word;
    memcpy(&word, mask, 4);
    size_t at = 0;
    for (; at + 4 <= length; at += 4) {
        uint32_t part;
        memcpy(&part, payload + at, 4);
        part ^= word;
        memcpy(payload + at, &part, 4);
    }
    for (; at < length; at++) payload[at] ^= mask[at & 3];
    int opcode = bytes[0] & 0x0f;
    if (opcode == 8) return -1;
    if (opcode < 8) take_message(client, payload, length);
    return (ssize_t)(header + length);
}

static void end_client(struct client *client) {
    if (client->place >= 0) {
        struct client *last = subscribers[--subscriber_count];
        subscribers[client->place] = last;
        last->place = client->place;
    }
    close(client->descriptor);
    free(client->partial);
    free(client->backlog);
    free(client);
}

static void did_read(struct client *client) {
    /* What was kept comes first, so that a frame is always contiguous. */
    size_t kept = client->partial_count;
    if (kept > 0) memcpy(read_buffer, client->partial, kept);
    ssize_t count = recv(client->descriptor, read_buffer + kept, sizeof read_buffer - kept, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return end_client(client);
    free(client->partial);
    client->partial = NULL;
    client->partial_count = 0;
    char *at = read_buffer, *end = read_buffer + kept + count;
    while (at < end) {
        ssize_t length = take_piece(client, at, (size_t)(end - at));
        if (length < 0 || (length == 0 && end - at > MESSAGE_BYTES)) return end_client(client);
        if (length == 0) break;
        at += length;
    }
    if (at == end) return;
    client->partial_count = (size_t)(end - at);
    client->partial = malloc(client->partial_count);
    if (!client->partial) die("malloc");
    memcpy(client->partial, at, client->partial_count);
}

static void can_write(struct client *client) {
    size_t rest = client->backlog_count - client->backlog_sent;
    ssize_t taken = send(client->descriptor, client->backlog + client->backlog_sent, rest, MSG_NOSIGNAL);
    if (taken <= 0) return;
    client->backlog_sent += (size_t)taken;
    if (client->backlog_sent < client->backlog_count) return;
    free(client->backlog);
    client->backlog = NULL;
    client->backlog_count = client->backlog_sent = 0;
    watch(client, false);
}

static void accept_all(int listener) {
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *client = calloc(1, sizeof *client);
        if (!client) die("calloc");
        client->descriptor = descriptor;
        client->place = -1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
    }
}

static void stop(int number) {
    (void)number;
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\nListens on the loopback until it is killed; 0 takes a free port.\n", argv[0]);
        return 64;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, send_buffer = SEND_BUFFER_BYTES;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("listening on localhost:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[1024];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poller, ready, 1024, -1);
        for (int index = 0; index < count; index++) {
            struct client *client = ready[index].data.ptr;
            if (!client) {
                accept_all(listener);
                continue;
            }
            if (ready[index].events & EPOLLOUT && client->backlog) can_write(client);
            if (ready[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) did_read(client);
        }
        drain();
    }
}
