# djed_server(NAME SOURCES file... [PROTOCOLS name...] [MANIFEST file])
#
# Declares a server, driver or example. Its C sources (with os/lib's) are compiled to bitcode once and linked per build variant, because all
# instrumentation happens at link time (full LTO with the pass plugin):
#
#   plain         no passes
#   instrumented  undo, window, trace
#   campaign      undo, window, trace, fault
#   coverage      clang's source coverage; compiled separately, with undo, window, trace
#
# The result of a variant V is ${CMAKE_BINARY_DIR}/V/services/NAME; target services-V builds all of them. Root and rs are
# reliable computing base: they are linked by the same function with BASE, which leaves the passes out of every variant.

set(DJED_VARIANTS plain instrumented campaign coverage)
set(DJED_PASSES_plain "")
set(DJED_PASSES_instrumented "undo,window,trace")
set(DJED_PASSES_campaign "undo,window,trace,fault")
set(DJED_PASSES_coverage "undo,window,trace")

# Code that runs inside the OS: no vector or floating-point registers, no red zone (the kernel may push a frame),
# not -ffreestanding (it would turn memcpy into plain calls).
set(DJED_TARGET_FLAGS --target=x86_64-unknown-none-elf -std=c2x -O2 -g -nostdlibinc -mgeneral-regs-only -mno-red-zone
    -fno-pic -fno-stack-protector -fno-strict-aliasing -fno-omit-frame-pointer -ffunction-sections -Wall -Wextra -Werror
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
set(DJED_COVERAGE_FLAGS -fprofile-instr-generate -fcoverage-mapping)
set(DJED_INCLUDES ${CMAKE_SOURCE_DIR}/runtime/include ${CMAKE_SOURCE_DIR}/os ${CMAKE_SOURCE_DIR}/os/lib/include
    ${CMAKE_BINARY_DIR}/generated)

foreach(variant ${DJED_VARIANTS})
  add_custom_target(services-${variant})
endforeach()
