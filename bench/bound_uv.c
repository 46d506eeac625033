/* The bound without JSON. See bound.h. */
#include "bound.h"
#include "line_unread.h"

int main(int argc, char **argv) {
    return run(argc, argv);
}
