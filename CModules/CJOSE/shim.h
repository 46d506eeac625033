#include <stdlib.h>

#include <cjose/cjose.h>
