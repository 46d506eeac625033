/* What a generator of load costs at least: the measure for `coppice flood`, as the two bound programs are for a node.
 *
 * It logs N clients in at a server that speaks Coppice's lines, lets the first one send so that W messages are under way, and
 * counts what everybody gets. One thread on epoll, one read buffer. The only check is that each client gets whole lines, as
 * many as were sent: no numbers, no contents, no latency.
 *
 *     generator PORT CLIENTS WINDOW PAYLOAD-BYTES SECONDS
 *
 * prints one object of JSON: deliveries, seconds, and the CPU time that it has used itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    int socket;
    uint64_t lines;
};

static struct client *clients;
static int client_count;
static char buffer[64 << 10];
static char message[64 << 10];
static size_t message_bytes;
static uint64_t lines_total;

static void die(const char *what) {
    perror(what);
    exit(2);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void take(struct client *client, int events) {
    (void)events;
    ssize_t count = read(client->socket, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) die("a connection is gone");
    const char *start = buffer, *end = buffer + count;
    uint64_t lines = 0;
    while ((start = memchr(start, '\n', (size_t)(end - start)))) {
        lines++;
        if (++start == end) break;
    }
    client->lines += lines;
    lines_total += lines;
}

static void turn(int poll, int wait) {
    static struct epoll_event events[1024];
    int count = epoll_wait(poll, events, 1024, wait);
    for (int index = 0; index < count; index++) take(&clients[events[index].data.u32], (int)events[index].events);
}

static void send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t taken = write(socket, bytes, count);
        if (taken < 0 && errno != EAGAIN) die("write");
        if (taken > 0) bytes += taken, count -= (size_t)taken;
    }
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT CLIENTS WINDOW PAYLOAD-BYTES SECONDS\n", argv[0]);
        return 64;
    }
    client_count = atoi(argv[2]);
    uint64_t window = (uint64_t)atoll(argv[3]);
    int payload = atoi(argv[4]);
    double seconds = atof(argv[5]);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    static const char head[] = "{\"command\":\"ACTIVITY_MESSAGE\",\"username\":\"anonymous\",\"activity\":{\"flood\":\"";
    static const char tail[] = "\"}}\n", login[] = "{\"command\":\"LOGIN\",\"username\":\"anonymous\"}\n";
    if (client_count < 1 || window < 1 || payload < 1 || (size_t)payload > sizeof message - sizeof head - sizeof tail) {
        fprintf(stderr, "%s: CLIENTS, WINDOW and PAYLOAD-BYTES have to be 1 or more, and the payload below 60000\n", argv[0]);
        return 64;
    }
    memcpy(message, head, sizeof head - 1);
    memset(message + sizeof head - 1, 'x', (size_t)payload);
    memcpy(message + sizeof head - 1 + payload, tail, sizeof tail - 1);
    message_bytes = sizeof head - 1 + (size_t)payload + sizeof tail - 1;

    clients = calloc((size_t)client_count, sizeof *clients);
    int poll = epoll_create1(0);
    if (!clients || poll < 0) die("epoll");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int index = 0; index < client_count; index++) {
        int one = 1, number = socket(AF_INET, SOCK_STREAM, 0);
        if (number < 0 || connect(number, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(number, F_SETFL, O_NONBLOCK);
        clients[index].socket = number;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        epoll_ctl(poll, EPOLL_CTL_ADD, number, &event);
        send_all(number, login, sizeof login - 1);
        if (index % 256 == 255) turn(poll, 0);
    }
    /* One line each: the login's answer. */
    while (lines_total < (uint64_t)client_count) turn(poll, 100);

    uint64_t before = lines_total, sent = 0, all = (uint64_t)client_count;
    double start = now(), end = start + seconds, last = start;
    while (now() < end) {
        uint64_t arrived = (lines_total - before) / all;
        static char batch[sizeof message];
        size_t filled = 0;
        while (sent < arrived + window) {
            if (filled + message_bytes > sizeof batch) {
                send_all(clients[0].socket, batch, filled);
                filled = 0;
                turn(poll, 0);
            }
            memcpy(batch + filled, message, message_bytes);
            filled += message_bytes;
            sent++;
        }
        if (filled > 0) send_all(clients[0].socket, batch, filled);
        turn(poll, 100);
    }
    double patience = now() + 5;
    while (lines_total - before < sent * all && now() < patience) turn(poll, 100);
    last = now();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    int wrong = 0;
    for (int index = 0; index < client_count; index++) wrong += clients[index].lines != sent + 1;
    printf("{\"deliveries\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"incomplete\":%d}\n",
           (unsigned long long)(lines_total - before), last - start, cpu, wrong);
    return wrong ? 1 : 0;
}
