# Compiles and runs a program with nothing but what pkg-config says:
# cmake -DPKG_CONFIG=<program> -DCOMPILER=<cc> -DSOURCE=<file> -DOUTPUT=<file> -DVERSION=<text> -P pkg_config.cmake, with PKG_CONFIG_PATH set
foreach(question cflags libs variable=libdir)
  execute_process(COMMAND "${PKG_CONFIG}" --${question} winnow OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  message("${question}: ${answer}")
  separate_arguments(answers UNIX_COMMAND "${answer}")
  string(REGEX REPLACE ".*=" "" name "${question}")
  set(${name} ${answers})
endforeach()
execute_process(COMMAND "${COMPILER}" ${cflags} "${SOURCE}" -o "${OUTPUT}" ${libs} "-Wl,-rpath,${libdir}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${OUTPUT}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
if(NOT output STREQUAL "winnow ${VERSION}\n")
  message(FATAL_ERROR "It printed ${output}")
endif()
