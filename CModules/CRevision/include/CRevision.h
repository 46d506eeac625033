#ifndef COPPICE_REVISION_H
#define COPPICE_REVISION_H

/* The commit that the program was built from, as Package.swift found it; empty where that isn't known. */
extern const char *const coppice_revision;

#endif
