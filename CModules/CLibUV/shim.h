#include <malloc.h>
#include <uv.h>

/* uv_loop_configure takes a variable list of arguments, which Swift can't call. */
static inline int coppice_measure_idle_time(uv_loop_t *loop) {
    return uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
}
