# djed_server(NAME [BASE | WITHOUT_FAULTS | ALTERNATIVE] SOURCES file... [PROTOCOLS name...] [MANIFEST file] [POLICIES file...])
#
# Declares a server, driver or example. Its C sources (with os/lib's) are compiled to bitcode once and linked per build variant, because all
# instrumentation happens at link time (full LTO with the pass plugin):
#
#   plain         no passes; the plugin only takes the marks of side-effect classes out of the calls
#   instrumented  undo, window, trace
#   campaign      undo, window, trace, fault
#   coverage      clang's source coverage; compiled separately, with undo, window, trace
#
# The result of a variant V is ${CMAKE_BINARY_DIR}/V/services/NAME.elf, with symbols; target services-V builds all of them. What is
# loaded of it os/image puts into the boot archive. Beside it lie NAME.sites (campaign: the dormant faults) and NAME.report (what is logged, and what is exempt). Root and rs are
# reliable computing base: they are linked by the same function with BASE, which leaves all passes out but the dormant faults (campaign): nothing
# in them is logged. WITHOUT_FAULTS
# leaves out the dormant faults alone, for what is the laboratory's own instrument. ALTERNATIVE
# does so for another implementation of a server, and links it where that one has room for it (manifest word `alternative`).
#
# NAME itself becomes a target with the bitcode of the sources; add include directories or definitions to it. MANIFEST names a
# file with the service's lines of the boot manifest, which os/image appends to the system's; POLICIES the scripts that they name (docs/policies.md).

set(DJED_VARIANTS plain instrumented campaign coverage)
set(DJED_PASSES_plain "plain")
set(DJED_PASSES_instrumented "undo,window,trace")
set(DJED_PASSES_campaign "undo,window,trace,fault")
set(DJED_PASSES_coverage "undo,window,trace")

# Code that runs inside the OS: no vector or floating-point registers, no red zone (the kernel may push a frame),
# not -ffreestanding (it would turn memcpy into plain calls).
set(DJED_TARGET_FLAGS --target=x86_64-unknown-none-elf -std=c2x -O2 -g -gdwarf-aranges -nostdlibinc -mgeneral-regs-only -mno-red-zone
    -fno-pic -fno-stack-protector -fno-strict-aliasing -fno-omit-frame-pointer -ffunction-sections -Wall -Wextra -Werror
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
# Static functions of one name in files of one name (handle in main.c) must not share counters, hence the unique names.
# Faults that show themselves in servers' own code: a call through a pointer goes to a function of its type, an index lies in its
# array, a bool is 0 or 1, a division or shift has a result. Else: an invalid instruction, which is a crash like any other.
option(DJED_CFI "calls through pointers are checked in servers" ON)
option(DJED_TRAPS "indices, bools, divisions and shifts are checked in servers" ON)
set(DJED_HARDENING)
if(DJED_CFI)
  list(APPEND DJED_HARDENING -fsanitize=kcfi)
endif()
if(DJED_TRAPS)
  set(traps array-bounds,bool,integer-divide-by-zero,return,shift,signed-integer-overflow,unreachable)
  list(APPEND DJED_HARDENING -fsanitize=${traps} -fsanitize-trap=${traps})
endif()
set(DJED_COVERAGE_FLAGS -fprofile-instr-generate -fcoverage-mapping -funique-internal-linkage-names)
set(DJED_INCLUDES ${CMAKE_SOURCE_DIR}/runtime/include ${CMAKE_SOURCE_DIR}/os ${CMAKE_SOURCE_DIR}/os/lib
    ${CMAKE_SOURCE_DIR}/os/lib/include ${CMAKE_BINARY_DIR}/generated)

foreach(variant ${DJED_VARIANTS})
  add_custom_target(services-${variant})
endforeach()

find_program(DJED_LLD NAMES ld.lld-19 REQUIRED)
find_program(DJED_OBJCOPY NAMES llvm-objcopy-19 REQUIRED)

# An object library of code for servers: native (`flags` empty) or bitcode.
function(djed_objects name flags)
  add_library(${name} OBJECT ${ARGN})
  set_target_properties(${name} PROPERTIES C_STANDARD 23 C_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE ${DJED_TARGET_FLAGS} ${flags})
  target_include_directories(${name} PRIVATE ${DJED_INCLUDES})
  add_dependencies(${name} protocols)
endfunction()

# Links one variant of a server out of object files.
function(djed_link name variant passes place objects)
  set(folder ${CMAKE_BINARY_DIR}/${variant}/services)
  file(MAKE_DIRECTORY ${folder})
  set(environment DJED_PASS=plain)
  set(plugin)
  if(passes)
    set(environment DJED_PASS=${passes} DJED_EFFECTS=${CMAKE_BINARY_DIR}/generated/protocols/effects.tbl
        DJED_PASS_REPORT=${folder}/${name}.report)
    if(passes MATCHES fault)
      list(APPEND environment DJED_FAULT_SITES=${folder}/${name}.sites)
    endif()
    set(plugin --load-pass-plugin=$<TARGET_FILE:djed>)
  endif()
  add_custom_command(OUTPUT ${folder}/${name}.elf
    COMMAND ${CMAKE_COMMAND} -E env ${environment} ${DJED_LLD} -static --gc-sections --build-id=none -z noexecstack
      --no-dependent-libraries --lto-O2 -mllvm -generate-arange-section ${plugin} ${place} -T ${CMAKE_SOURCE_DIR}/os/lib/server.ld -o ${folder}/${name}.elf
      ${objects} $<TARGET_OBJECTS:djed-runtime>
    DEPENDS djed ${objects} djed-runtime $<TARGET_OBJECTS:djed-runtime> ${CMAKE_SOURCE_DIR}/os/lib/server.ld protocols
    COMMENT "Linking ${name} (${variant})" COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${name}-${variant} DEPENDS ${folder}/${name}.elf)
  add_dependencies(services-${variant} ${name}-${variant})
endfunction()

function(djed_server name)
  cmake_parse_arguments(PARSE_ARGV 1 server "BASE;WITHOUT_FAULTS;ALTERNATIVE" MANIFEST "SOURCES;PROTOCOLS;POLICIES")
  if(NOT server_SOURCES)
    message(FATAL_ERROR "djed_server(${name}): no SOURCES given")
  endif()
  djed_objects(${name} "-flto;${DJED_HARDENING}" ${server_SOURCES})
  djed_objects(${name}-counting "-flto;${DJED_HARDENING};${DJED_COVERAGE_FLAGS}" ${server_SOURCES})
  foreach(variant ${DJED_VARIANTS})
    set(part)
    if(variant STREQUAL coverage)
      set(part -counting)
    endif()
    set(formatter djed-format${part})
    set(place)
    if(server_ALTERNATIVE)
      set(place --defsym=djed_image_base=0x8000000) # DJED_ALTERNATIVE_BASE
    endif()
    set(passes ${DJED_PASSES_${variant}})
    if(server_BASE)
      set(formatter djed-base-format${part})
      set(passes "")
      if(variant STREQUAL campaign)
        set(passes fault)
      endif()
    elseif(server_WITHOUT_FAULTS OR server_ALTERNATIVE)
      string(REPLACE ",fault" "" passes "${passes}")
    endif()
    djed_link(${name} ${variant} "${passes}" "${place}" "$<TARGET_OBJECTS:${name}${part}>;$<TARGET_OBJECTS:djed-lib${part}>;$<TARGET_OBJECTS:${formatter}>")
  endforeach()
  if(server_MANIFEST)
    get_filename_component(manifest ${server_MANIFEST} ABSOLUTE)
    set_property(GLOBAL APPEND PROPERTY DJED_MANIFESTS ${manifest})
  endif()
  list(TRANSFORM server_POLICIES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY DJED_POLICIES ${server_POLICIES})
  set_property(GLOBAL APPEND PROPERTY DJED_SERVICES ${name})
endfunction()
