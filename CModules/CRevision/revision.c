#include "CRevision.h"

const char *const coppice_revision = COPPICE_REVISION;
