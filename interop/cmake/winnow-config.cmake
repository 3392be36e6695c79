# find_package(winnow) gives the target winnow::winnow: the header, winnow.hpp and the library.
get_filename_component(_winnow_library_folder "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_winnow_prefix "${_winnow_library_folder}" DIRECTORY)
if(NOT TARGET winnow::winnow)
  find_path(winnow_INCLUDE_DIR winnow.h HINTS "${_winnow_prefix}/include" "${_winnow_prefix}/../include" NO_DEFAULT_PATH)
  add_library(winnow::winnow SHARED IMPORTED)
  set_target_properties(winnow::winnow PROPERTIES
    IMPORTED_LOCATION "${_winnow_library_folder}/${CMAKE_SHARED_LIBRARY_PREFIX}winnow${CMAKE_SHARED_LIBRARY_SUFFIX}"
    INTERFACE_INCLUDE_DIRECTORIES "${winnow_INCLUDE_DIR}")
endif()
