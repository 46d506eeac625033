/* The end of a broadcast, in the length and the form of Coppice's. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { BROADCAST_TAIL_BYTES = 160 };

static uint64_t sequence;

/* Writes it, and returns its length. */
static size_t broadcast_tail(char *tail) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t stamp = ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) << 18 | (sequence & 0x3ffff);
    char digits[24];
    static const char id[] = ",\"id\":\"aaaaaaaaaaaaa.1700000000000.";
    char *end = tail;
    memcpy(end, id, sizeof id - 1);
    end += sizeof id - 1;
    uint64_t numbers[2] = {++sequence, stamp};
    for (int which = 0; which < 2; which++) {
        int length = 0;
        for (uint64_t rest = numbers[which]; rest > 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
        while (length > 0) *end++ = digits[--length];
        const char *after = which == 0 ? "\",\"stamp\":\"" : "\",\"copies\":1}\n";
        size_t count = strlen(after);
        memcpy(end, after, count);
        end += count;
    }
    return (size_t)(end - tail);
}
