#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

/* The forms of normalization are macros, and addresses of incomplete types: Swift sees neither. */
static inline uint8_t *coppice_casefold(const uint8_t *text, size_t count, uint8_t *result, size_t *length) {
    return u8_casefold(text, count, NULL, UNINORM_NFKC, result, length);
}

static inline uint32_t *coppice_compose(const uint32_t *text, size_t count, uint32_t *result, size_t *length) {
    return u32_normalize(UNINORM_NFC, text, count, result, length);
}

static inline uint32_t *coppice_compose_compatible(
    const uint32_t *text, size_t count, uint32_t *result, size_t *length) {
    return u32_normalize(UNINORM_NFKC, text, count, result, length);
}
