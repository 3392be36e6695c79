// fake_cuda_work.c - the other half of the fake driver: modules, launches, streams, events and graphs.
#include "fake_cuda.h"

// ---- modules and launches -------------------------------------------------------------------------------------------------

static Named* named(const char* name, int is_function) {
  Named* object = calloc(1, sizeof *object);
  snprintf(object->name, sizeof object->name, "%s", name);
  object->is_function = is_function;
  return object;
}

CUresult cuModuleLoadDataEx(void** module, const char* image, unsigned count, const int* options, void** values) {
  ENTER(1);
  if (count != 2 || options[0] != 5 || options[1] != 6) return 1;
  int is_elf = !memcmp(image, "\177ELF", 4);
  note(is_elf ? "cubin\n" : "ptx %zu\n", is_elf ? (size_t)0 : strlen(image));
  if (!is_elf && strstr(image, "bad")) {
    snprintf(values[0], (size_t)values[1], "ptxas application ptx input, line 3; fatal : bad");
    return 218;
  }
  *module = named("module", 0);
  live_objects++;
  return 0;
}

CUresult cuModuleUnload(void* module) {
  ENTER(1);
  free(module);
  live_objects--;
  return 0;
}

CUresult cuModuleGetFunction(void** function, void* module, const char* name) {
  ENTER(1);
  static Named* functions[16];  // a real driver's functions live as long as their module; these as long as the library
  if (!module || strstr(name, "missing")) return 500;
  for (int i = 0; i < 16; i++) {
    if (!functions[i]) functions[i] = named(name, 1);
    if (strcmp(functions[i]->name, name)) continue;
    *function = functions[i];
    return 0;
  }
  return 2;
}

CUresult cuFuncGetAttribute(int* value, int attribute, Named* function) {
  ENTER(1);
  *value = 100 + attribute;
  return function->is_function ? 0 : 1;
}

// A kernel with "maps" in its name takes 12 bytes and two tensor maps, which 64 bytes divide only as addresses in the bank of constants.
static const size_t map_parameters[3][2] = {{0, 12}, {48, 128}, {176, 128}};

CUresult cuFuncGetParamInfo(Named* function, size_t index, size_t* offset, size_t* bytes) {
  ENTER(1);
  if (!strstr(function->name, "maps") || index > 2) return 1;
  *offset = map_parameters[index][0];
  *bytes = map_parameters[index][1];
  return 0;
}

CUresult cuFuncSetAttribute(Named* function, int attribute, int value) {
  ENTER(1);
  note("set %s %d %d\n", function->name, attribute, value);
  if (attribute == 14) function->allows_large_clusters = value;
  return value <= 232448 ? 0 : 1;
}

// Writes the numbers it was given into the log, and a byte of its own into the map.
CUresult cuTensorMapEncodeTiled(unsigned char* map, int type, unsigned rank, size_t address, const unsigned long long* dimensions,
                                const unsigned long long* strides, const unsigned* box, const unsigned* steps, int interleave, int swizzle,
                                int promotion, int fill) {
  ENTER(0);
  char text[512];
  int length = snprintf(text, sizeof text, "map %d %zx %d %d %d %d:", type, address, interleave, swizzle, promotion, fill);
  for (unsigned i = 0; i < rank; i++)
    length += snprintf(text + length, sizeof text - length, " %llu/%llu/%u/%u", dimensions[i], i + 1 < rank ? strides[i] : 0, box[i], steps[i]);
  note("%s\n", text);
  memset(map, 0x5A, 128);
  return (size_t)map % 64 ? 1 : 0;
}

CUresult cuLaunchKernel(Named* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned shared, Stream* stream, void** parameters, void** extra) {
  ENTER(1);
  if (!function || !function->is_function || (parameters && !strstr(function->name, "maps")) || block_x * block_y * block_z > 1024) return 1;
  char text[4096];
  int length = snprintf(text, sizeof text, "launch %s %u,%u,%u %u,%u,%u %u", function->name, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared);
  const unsigned char* block = NULL;
  size_t bytes = 0;
  for (void** item = extra; item && *item; item += 2) {
    if (*item == (void*)1) block = item[1];
    if (*item == (void*)2) bytes = *(size_t*)item[1];
  }
  for (int p = 0; parameters && p < 3; p++) {
    length += snprintf(text + length, sizeof text - length, p ? "," : " ");
    for (size_t i = 0; i < map_parameters[p][1]; i++) length += snprintf(text + length, sizeof text - length, "%02x", ((unsigned char*)parameters[p])[i]);
  }
  for (size_t i = 0; i < bytes; i++) length += snprintf(text + length, sizeof text - length, i ? "%02x" : " %02x", block[i]);
  if (stream && stream->is_capturing) {
    size_t used = strlen(stream->record);
    snprintf(stream->record + used, sizeof stream->record - used, "%s\n", text);
  } else {
    note("%s\n", text);
  }
  return 0;
}

typedef struct { int id, padding; int value[16]; } LaunchAttribute;
typedef struct {
  unsigned grid[3], block[3], shared;
  Stream* stream;
  LaunchAttribute* attributes;
  unsigned count;
} LaunchConfig;

// Writes its attributes into the log, and is a launch besides.
CUresult cuLaunchKernelEx(const LaunchConfig* config, Named* function, void** parameters, void** extra) {
  ENTER(1);
  for (unsigned i = 0; i < config->count; i++) {
    const LaunchAttribute* a = config->attributes + i;
    note("attribute %d %d,%d,%d\n", a->id, a->value[0], a->value[1], a->value[2]);
  }
  return cuLaunchKernel(function, config->grid[0], config->grid[1], config->grid[2], config->block[0], config->block[1], config->block[2], config->shared,
                        config->stream, parameters, extra);
}

// 132 multiprocessors with a block each; more than 8 blocks must have been allowed.
CUresult cuOccupancyMaxActiveClusters(int* clusters, Named* function, const LaunchConfig* config) {
  ENTER(1);
  int blocks = 1;
  for (unsigned i = 0; i < config->count; i++) {
    const int* size = config->attributes[i].value;
    if (config->attributes[i].id == 4) blocks = size[0] * size[1] * size[2];
  }
  note("clusters %s %d of %u,%u,%u threads, %u bytes\n", function->name, blocks, config->block[0], config->block[1], config->block[2], config->shared);
  if (blocks > 8 && !function->allows_large_clusters) return 912;
  *clusters = 132 / blocks;
  return 0;
}

// ---- streams, events, graphs ----------------------------------------------------------------------------------------------

CUresult cuStreamCreate(Stream** stream, unsigned flags) {
  ENTER(1);
  *stream = calloc(1, sizeof **stream);
  live_objects++;
  return flags == 1 ? 0 : 1;
}

CUresult cuStreamDestroy_v2(Stream* stream) {
  ENTER(1);
  free(stream);
  live_objects--;
  return 0;
}

CUresult cuStreamSynchronize(Stream* stream) {
  ENTER(1);
  return stream->is_capturing ? 900 : 0;
}

CUresult cuStreamWaitEvent(Stream* stream, void* event, unsigned flags) {
  ENTER(1);
  note("wait\n");
  return stream && event && !flags ? 0 : 1;
}

CUresult cuEventCreate(unsigned** event, unsigned flags) {
  ENTER(1);
  *event = malloc(sizeof **event);
  **event = flags;
  live_objects++;
  return 0;
}

CUresult cuEventDestroy_v2(unsigned* event) {
  ENTER(1);
  free(event);
  live_objects--;
  return 0;
}

CUresult cuEventRecord(unsigned* event, Stream* stream) {
  ENTER(1);
  return event && stream ? 0 : 1;
}

CUresult cuEventQuery(unsigned* event) {
  ENTER(1);
  (void)event;
  return event_ready ? 0 : 600;
}

CUresult cuEventSynchronize(unsigned* event) {
  ENTER(1);
  return event ? 0 : 1;
}

CUresult cuEventElapsedTime(float* milliseconds, unsigned* start, unsigned* end) {
  ENTER(1);
  *milliseconds = 1.5f;
  return *start == 0 && *end == 0 ? 0 : 1;  // events without timing cannot be asked
}

CUresult cuStreamBeginCapture_v2(Stream* stream, unsigned mode) {
  ENTER(1);
  stream->is_capturing = 1;
  stream->record[0] = 0;
  return mode == 2 ? 0 : 1;
}

CUresult cuStreamEndCapture(Stream* stream, Graph** graph) {
  ENTER(1);
  stream->is_capturing = 0;
  *graph = malloc(sizeof **graph);
  strcpy((*graph)->record, stream->record);
  live_objects++;
  return 0;
}

static CUresult instantiate(Graph** executable, const Graph* graph, const char* how) {
  *executable = malloc(sizeof **executable);
  **executable = *graph;
  live_objects++;
  note("instantiated %s\n", how);
  return 0;
}

#ifdef OLD_DRIVER
CUresult cuGraphInstantiate_v2(Graph** executable, Graph* graph, void** node, char* text, size_t bytes) {
  ENTER(1);
  return node && !text && !bytes ? instantiate(executable, graph, "the old way") : 1;
}
#else
CUresult cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long flags) {
  ENTER(1);
  return flags ? 1 : instantiate(executable, graph, "with flags");
}
#endif

CUresult cuGraphLaunch(Graph* executable, Stream* stream) {
  ENTER(1);
  note("replay\n%s", executable->record);
  return stream ? 0 : 1;
}

CUresult cuGraphExecDestroy(Graph* executable) {
  ENTER(1);
  free(executable);
  live_objects--;
  return 0;
}

CUresult cuGraphDestroy(Graph* graph) {
  free(graph);
  live_objects--;
  return 0;
}
