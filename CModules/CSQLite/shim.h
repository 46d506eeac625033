#include <sqlite3.h>

/* The destructor that tells SQLite to copy what is bound: a cast in C, which Swift can't import. */
static inline int coppice_bind_text(sqlite3_stmt *statement, int index, const char *text, int bytes) {
    return sqlite3_bind_text(statement, index, text, bytes, SQLITE_TRANSIENT);
}
