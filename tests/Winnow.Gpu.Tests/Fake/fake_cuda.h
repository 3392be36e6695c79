// fake_cuda.h - what the two halves of the fake driver share.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
typedef struct { char name[64]; int is_function, allows_large_clusters; } Named;
typedef struct { int is_capturing; char record[8192]; } Stream;
typedef struct { char record[8192]; } Graph;

extern int live_objects, event_ready;

// Appends to what fake_log() returns.
void note(const char* format, ...);

// What every call begins with: an error where one was asked for, or where a context is needed and none is current.
CUresult enter(const char* call, int needs_context);

#define ENTER(needs_context)                        \
  CUresult status = enter(__func__, needs_context); \
  if (status) return status
