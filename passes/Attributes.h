//===- Attributes.h - what is no longer true of instrumented code ---------===//
#ifndef DJED_PASSES_ATTRIBUTES_H
#define DJED_PASSES_ATTRIBUTES_H

namespace llvm {
class Module;
}

namespace djed {

/// Earlier passes have found out that functions write nothing, or only through a parameter, or only write
/// there. Code that logs, counts or traces reads what was only written and writes the runtime's memory: takes
/// these attributes from all functions of \p M and from all calls of them.
void dropFalseAttributes(llvm::Module &M);

} // namespace djed

#endif
