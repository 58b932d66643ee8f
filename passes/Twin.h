//===- Twin.h - a second version of a function ----------------------------===//
//
// djed-undo and djed-fault keep a function as it was and give it a twin in which their code lies. The
// function chooses at its entry:
//
//   before:  define i32 @f(ptr %p) {
//            entry:
//              ...
//            }
//
//   after:   define i32 @f(ptr %p) {
//            djed.entry:
//              br i1 %chosen, label %TWIN, label %OWN
//            TWIN:
//              %r = musttail call i32 @f.SUFFIX(ptr %p)
//              ret i32 %r
//            OWN:
//              ...
//            }
//            define internal i32 @f.SUFFIX(ptr %p) { ... }
//
// With a structure by value among its arguments, which is copied once more, it is a plain call.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_TWIN_H
#define DJED_PASSES_TWIN_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/IRBuilder.h"
#include <string>

namespace djed {

/// Why \p F can have no twin; "" if it can.
std::string reasonWithoutTwin(llvm::Function &F);

/// A copy of \p F under its name and \p Suffix (".undo"), known inside of the module only. Nobody calls it
/// yet.
llvm::Function *makeTwin(llvm::Function &F, llvm::StringRef Suffix);

/// Leaves \p F nothing but a call of a twin that has its body: then a choice at its entry comes before
/// anything that the body wants saved.
void moveBody(llvm::Function &F, llvm::StringRef Suffix);

/// Puts the choice at \p F's entry: \p Twin runs where the i1 that \p choose makes is true. \p TwinBlock and
/// \p OwnBlock name the two ways; \p Weights (or null) are the branch's.
void addChoice(llvm::Function &F, llvm::Function &Twin, llvm::StringRef TwinBlock, llvm::StringRef OwnBlock,
               llvm::function_ref<llvm::Value *(llvm::IRBuilder<> &)> choose, llvm::MDNode *Weights);

} // namespace djed

#endif
