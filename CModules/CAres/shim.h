#include <sys/time.h>
#include <ares.h>
