# Holds the size of a file: cmake -DFILE=<path> -DMEGABYTES=<limit> -P size.cmake
file(SIZE "${FILE}" bytes)
math(EXPR limit "${MEGABYTES} * 1000000")
message("${bytes} bytes, of ${limit} allowed")
if(bytes GREATER limit)
  message(FATAL_ERROR "${FILE} is too large.")
endif()
