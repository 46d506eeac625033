#include <malloc.h>
#include <sys/epoll.h>
#include <uv.h>

/* uv_loop_configure takes a variable list of arguments, which Swift can't call. */
static inline int coppice_measure_idle_time(uv_loop_t *loop) {
    return uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
}

/* A descriptor that can be polled and has nothing to tell, or -1; Swift's Glibc has no epoll. */
static inline int coppice_poll_of_nothing(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

#include <sys/prctl.h>
#include <sys/resource.h>

// A function with any number of arguments, which Swift doesn't see.
static inline int coppice_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Limits are an enumeration that Swift sees in parts.
static inline void coppice_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
}
static inline int coppice_may_lock_any_memory(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}
