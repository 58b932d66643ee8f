# djed_protocols(TARGET FOLDER file...)
#
# Runs djed-idl over the interface files: headers, tables and decoders go to FOLDER/protocols (to be included as <protocols/NAME.h> with
# FOLDER on the include path). Whatever includes them needs add_dependencies(... TARGET). Files that did not change keep their
# time, so a changed interface rebuilds only what uses it.
function(djed_protocols target folder)
  set(stamp ${folder}/${target}.stamp)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${stamp}
    COMMAND djed-idl --out ${folder} ${ARGN}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS djed-idl ${ARGN}
    COMMENT "Generating ${target} from the interface files" VERBATIM)
  add_custom_target(${target} DEPENDS ${stamp})
endfunction()

# The system's own protocols and those of the examples: target `protocols`.
file(GLOB DJED_INTERFACES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/os/protocols/*.idl ${CMAKE_SOURCE_DIR}/examples/*/*.idl)
djed_protocols(protocols ${CMAKE_BINARY_DIR}/generated ${DJED_INTERFACES})

# The reference pages in docs, which are committed (a test checks that they are current): target `reference`.
add_custom_target(reference COMMAND djed-idl --docs ${CMAKE_SOURCE_DIR}/docs ${DJED_INTERFACES} VERBATIM)
