//===- Undo.h - djed-undo: log what is about to be overwritten ------------===//
//
// Every function F gets a clone F.undo that logs; F itself stays as it was. Functions that can be reached
// from outside of the module, or through a pointer, choose at their entry:
//
//   before:  define void @handle(ptr %p) {
//              store i32 1, ptr %p
//              call void @helper(ptr %p)
//              ret void
//            }
//
//   after:   define void @handle(ptr %p) {
//              %open = load i32, ptr @djed_window_open
//              br i1 (%open != 0), label %djed.window, label %djed.plain
//            djed.window:
//              musttail call void @handle.undo(ptr %p)
//              ret void
//            djed.plain:
//              musttail call void @handle.plain(ptr %p)        ; as before
//              ret void
//            }
//            define internal void @handle.undo(ptr %p) {
//              ... log 4 bytes at %p (LogWriter.h) ...
//              store i32 1, ptr %p
//              call void @helper.undo(ptr %p)
//              ret void
//            }
//
// Writes to a function's own stack variables are not logged: rollback abandons all frames above the main
// loop's, whose own frame belongs to the runtime, which is never instrumented. The same holds for by-value
// parameters. A write through a pointer that happens to lead to the stack is logged, and rollback passes over
// it (djed_stack_low).
//
// A function whose labels' addresses are kept in data cannot be cloned (the clone would jump into the
// original); nor can one that calls a function which returns twice. Such a function is instrumented in place,
// by calls that test the window themselves.
//
// A write that cannot be logged is an error that names the function and the reason.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_UNDO_H
#define DJED_PASSES_UNDO_H

#include "llvm/IR/PassManager.h"

namespace djed {

/// Attribute of functions that run only in an open window (the clones).
constexpr const char *UndoAttribute = "djed-undo";

/// Attribute of functions that run both in open and in closed windows and log by calls that test.
constexpr const char *InPlaceAttribute = "djed-undo-in-place";

struct UndoPass : llvm::PassInfoMixin<UndoPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

} // namespace djed

#endif
