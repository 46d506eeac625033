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
