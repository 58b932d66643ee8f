# Unit tests of servers' code on the host. Included by tests/unit, which has found Criterion and knows how to run a test.

# djed_server_test(NAME SOURCES test.c... [CODE server.c...] [SERVERS name...]): a Criterion program unit-NAME, run as unit.NAME.
#
# CODE is compiled as servers' code is (os/lib's headers, [[nodiscard]] and so on) but for Linux; SOURCES include the C library's
# and Criterion's headers. Both are linked with the harness tests/support/host.h. SERVERS are whole servers declared
# with djed_host_server, for tests that need more than the code under test. Include directories or definitions that both
# need can be added to unit-NAME and unit-NAME-code afterwards.
function(djed_server_test test)
  cmake_parse_arguments(PARSE_ARGV 1 unit "" "" "SOURCES;CODE;SERVERS")
  djed_unit_test(${test} ${unit_SOURCES})
  set(name unit-${test})
  target_link_libraries(${name} PRIVATE djed-host)
  add_dependencies(${name} protocols)
  if(unit_CODE)
    djed_host_objects(${name}-code ${unit_CODE})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}-code>)
  endif()
  foreach(server ${unit_SERVERS})
    target_sources(${name} PRIVATE ${CMAKE_BINARY_DIR}/host/${server}.o)
    set_source_files_properties(${CMAKE_BINARY_DIR}/host/${server}.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    add_dependencies(${name} ${server}-host-object)
  endforeach()
endfunction()

# Servers' code compiled for Linux.
function(djed_host_objects name)
  add_library(${name} OBJECT ${ARGN})
  set_target_properties(${name} PROPERTIES C_STANDARD 23)
  target_compile_definitions(${name} PRIVATE DJED_HOSTED)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Werror -fno-strict-aliasing)
  target_include_directories(${name} PRIVATE ${DJED_INCLUDES})
  add_dependencies(${name} protocols)
endfunction()

# djed_host_server(NAME file...): a whole server as one object, in which only its four functions, as NAME_server, are visible:
# `extern const struct djed_server NAME_server;`.
function(djed_host_server name)
  djed_host_objects(${name}-host ${ARGN})
  target_compile_definitions(${name}-host PRIVATE djed_server=${name}_server)
  target_compile_options(${name}-host PRIVATE -fno-sanitize=address) # its tables of globals do not survive `ld -r`
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/host)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/host/${name}.o
    COMMAND ${DJED_LLD} -r -o ${CMAKE_BINARY_DIR}/host/${name}.o $<TARGET_OBJECTS:${name}-host>
    COMMAND ${DJED_OBJCOPY} --keep-global-symbol=${name}_server ${CMAKE_BINARY_DIR}/host/${name}.o
    DEPENDS ${name}-host $<TARGET_OBJECTS:${name}-host> COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${name}-host-object DEPENDS ${CMAKE_BINARY_DIR}/host/${name}.o)
endfunction()

# The harness: fake kernel, real runtime, os/lib.
djed_host_objects(djed-lib-linux ${CMAKE_SOURCE_DIR}/os/lib/copy.c ${CMAKE_SOURCE_DIR}/os/lib/format.c ${CMAKE_SOURCE_DIR}/os/lib/heap.c
  ${CMAKE_SOURCE_DIR}/os/lib/heap_audit.c ${CMAKE_SOURCE_DIR}/os/lib/invariants.c ${CMAKE_SOURCE_DIR}/os/lib/book.c
  ${CMAKE_SOURCE_DIR}/os/lib/table.c ${CMAKE_SOURCE_DIR}/os/lib/command_line.c ${CMAKE_SOURCE_DIR}/os/lib/program_line.c ${CMAKE_SOURCE_DIR}/os/lib/client.c)
add_library(djed-host STATIC ${CMAKE_SOURCE_DIR}/tests/support/host.c ${CMAKE_SOURCE_DIR}/tests/support/host_kernel.c
  ${CMAKE_SOURCE_DIR}/tests/support/host_threads.c
  $<TARGET_OBJECTS:djed-runtime-linux> $<TARGET_OBJECTS:djed-lib-linux>)
set_target_properties(djed-host PROPERTIES C_STANDARD 23)
target_compile_options(djed-host PRIVATE -Wall -Wextra -Werror)
target_compile_definitions(djed-host PUBLIC DJED_HOSTED _GNU_SOURCE)
target_include_directories(djed-host PUBLIC ${CMAKE_SOURCE_DIR}/runtime/include ${CMAKE_SOURCE_DIR}/os
  ${CMAKE_SOURCE_DIR}/tests/support ${CMAKE_BINARY_DIR}/generated)
add_dependencies(djed-host protocols)
