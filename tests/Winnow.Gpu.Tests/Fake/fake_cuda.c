// fake_cuda.c - a CUDA driver without a GPU, for tests of the bindings. Memory is the host's, kernels are written down instead of run, and
// every call wants a current context as the real ones do. fake_* are for the test: what was called, what lives, what shall fail.
#include "fake_cuda.h"

#include <stdarg.h>

static char log_text[65536];
static char failing_call[64];
static int failing_status, failing_skip;
static int lost;  // after an error that takes the device with it every call returns that error
int live_objects, event_ready = 1;
static int live_contexts;
static long long used_bytes;
static int initialized, devices = 1, version = 12040, major = 9, minor = 0;
static int primary_context;  // its address is the handle
static _Thread_local void* context_stack[8];
static _Thread_local int context_depth;

// ---- for the test ---------------------------------------------------------------------------------------------------------

void note(const char* format, ...) {
  size_t length = strlen(log_text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(log_text + length, sizeof log_text - length, format, arguments);
  va_end(arguments);
}

const char* fake_log(void) { return log_text; }
int fake_live_objects(void) { return live_objects; }
int fake_live_contexts(void) { return live_contexts; }
long long fake_used_bytes(void) { return used_bytes; }
void* fake_current(void) { return context_depth ? context_stack[context_depth - 1] : NULL; }

void fake_reset(void) {
  log_text[0] = failing_call[0] = 0;
  lost = initialized = 0;
  devices = 1, version = 12040, major = 9, minor = 0, event_ready = 1;
}

void fake_set(const char* key, int value) {
  if (!strcmp(key, "devices")) devices = value;
  if (!strcmp(key, "version")) version = value;
  if (!strcmp(key, "capability")) major = value / 10, minor = value % 10;
  if (!strcmp(key, "event_ready")) event_ready = value;
}

// The call returns the status after it succeeded `skip` times.
void fake_fail(const char* call, int status, int skip) {
  snprintf(failing_call, sizeof failing_call, "%s", call);
  failing_status = status, failing_skip = skip;
}

CUresult enter(const char* call, int needs_context) {
  if (lost) return lost;
  if (!strcmp(call, failing_call) && failing_skip-- <= 0) {
    if (failing_status == 700 || failing_status == 719) lost = failing_status;
    return failing_status;
  }
  if (needs_context && fake_current() != &primary_context) return 201;
  return 0;
}

// ---- devices and contexts -------------------------------------------------------------------------------------------------

CUresult cuInit(unsigned flags) {
  ENTER(0);
  initialized = flags == 0;
  return 0;
}

CUresult cuDriverGetVersion(int* out) {
  *out = version;
  return 0;
}

CUresult cuGetErrorName(CUresult code, const char** name) {
  switch (code) {
    case 1: *name = "CUDA_ERROR_INVALID_VALUE"; return 0;
    case 2: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return 0;
    case 100: *name = "CUDA_ERROR_NO_DEVICE"; return 0;
    case 201: *name = "CUDA_ERROR_INVALID_CONTEXT"; return 0;
    case 218: *name = "CUDA_ERROR_INVALID_PTX"; return 0;
    case 500: *name = "CUDA_ERROR_NOT_FOUND"; return 0;
    case 700: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; return 0;
    case 701: *name = "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"; return 0;
    case 912: *name = "CUDA_ERROR_INVALID_CLUSTER_SIZE"; return 0;
    case 803: *name = "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"; return 0;
    default: return 1;
  }
}

CUresult cuDeviceGetCount(int* count) {
  if (!initialized) return 3;
  ENTER(0);
  *count = devices;
  return 0;
}

CUresult cuDeviceGet(int* device, int ordinal) {
  ENTER(0);
  *device = 40 + ordinal;
  return ordinal < devices ? 0 : 101;
}

CUresult cuDeviceGetName(char* name, int bytes, int device) {
  ENTER(0);
  snprintf(name, bytes, "Fake GPU %d", device - 40);
  return 0;
}

CUresult cuDeviceGetAttribute(int* value, int attribute, int device) {
  ENTER(0);
  *value = attribute == 75 ? major : attribute == 76 ? minor : 1000 + attribute;
  return device >= 40 ? 0 : 101;
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, int device) {
  ENTER(0);
  *bytes = (size_t)80 << 30;
  return device >= 40 ? 0 : 101;
}

CUresult cuDevicePrimaryCtxRetain(void** context, int device) {
  ENTER(0);
  *context = &primary_context;
  live_contexts++;
  return device >= 40 ? 0 : 101;
}

CUresult cuDevicePrimaryCtxRelease_v2(int device) {
  live_contexts--;
  if (lost && live_contexts == 0) live_objects = 0, used_bytes = 0;  // with the context goes what could not be given back
  return device >= 40 ? 0 : 101;
}

CUresult cuCtxGetCurrent(void** context) {
  *context = fake_current();
  return 0;
}

CUresult cuCtxSetCurrent(void* context) {
  ENTER(0);
  if (context_depth == 0) context_depth = 1;
  context_stack[context_depth - 1] = context;
  if (!context) context_depth--;
  return 0;
}

CUresult cuCtxPushCurrent_v2(void* context) {
  ENTER(0);
  context_stack[context_depth++] = context;
  return 0;
}

CUresult cuCtxPopCurrent_v2(void** context) {
  *context = context_stack[--context_depth];
  return 0;
}

// ---- memory ---------------------------------------------------------------------------------------------------------------

static const long long kTotalBytes = 1 << 20;

static void* take(size_t bytes) {
  size_t* memory = aligned_alloc(256, (bytes + 511) & ~(size_t)255);
  memory[0] = bytes;  // the fake's own header, before the address it hands out
  live_objects++;
  return (char*)memory + 256;
}

static void give(void* address) {
  live_objects--;
  free((char*)address - 256);
}

CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
  ENTER(1);
  *free_bytes = kTotalBytes - used_bytes;
  *total = kTotalBytes;
  return 0;
}

CUresult cuMemAlloc_v2(void** address, size_t bytes) {
  ENTER(1);
  if (used_bytes + (long long)bytes > kTotalBytes) return 2;
  *address = take(bytes);
  used_bytes += bytes;
  return 0;
}

CUresult cuMemFree_v2(void* address) {
  ENTER(1);
  used_bytes -= *(size_t*)((char*)address - 256);
  give(address);
  return 0;
}

CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned flags) {
  ENTER(1);
  *address = take(bytes);
  return flags == 1 ? 0 : 1;
}

CUresult cuMemFreeHost(void* address) {
  ENTER(1);
  give(address);
  return 0;
}

static CUresult copy(void* destination, const void* source, size_t bytes, Stream* stream, const char* kind) {
  if (stream && stream->is_capturing) {
    size_t length = strlen(stream->record);
    snprintf(stream->record + length, sizeof stream->record - length, "%s %zu\n", kind, bytes);
    return 0;
  }
  note("%s %zu\n", kind, bytes);
  memcpy(destination, source, bytes);
  return 0;
}

CUresult cuMemcpyHtoDAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
  ENTER(1);
  return copy(destination, source, bytes, stream, "to device");
}

CUresult cuMemcpyDtoHAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
  ENTER(1);
  return copy(destination, source, bytes, stream, "to host");
}

CUresult cuMemcpyDtoDAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
  ENTER(1);
  return copy(destination, source, bytes, stream, "on device");
}

CUresult cuMemsetD8Async(void* destination, unsigned char value, size_t bytes, Stream* stream) {
  ENTER(1);
  (void)stream;
  memset(destination, value, bytes);
  return 0;
}
