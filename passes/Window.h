//===- Window.h - djed-window: side effects that close a window -----------===//
//
// A client stub states the side-effect class of its message by a call of djed_effect(class), which the
// interface compiler puts at its beginning. Wherever inlining has moved it:
//
//   before:  call void @djed_effect(i32 1)
//
//   after, in a function that runs in a window:
//            %closes = load i32, ptr @djed_policy_closes
//            br i1 (%closes != 0), label %djed.effect, label %next      ; unlikely
//          djed.effect:
//            call preserve_mostcc void @djed_window_effect(i32 1)
//
//   after, for the class `reads` (0), and everywhere outside of windows: nothing
//
// A stub that the side-effect table (DJED_EFFECTS) names and that contains no marker gets one: at its
// beginning if the module defines it (a function of that name that calls djed_call), else in front of each
// call.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_WINDOW_H
#define DJED_PASSES_WINDOW_H

#include "llvm/IR/PassManager.h"

namespace djed {

/// Puts the markers of the side-effect table in place. Before djed-undo.
struct WindowMarkPass : llvm::PassInfoMixin<WindowMarkPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

/// Turns the markers into tests, or removes them. After djed-undo, whose clones are the code that runs in
/// windows.
struct WindowLowerPass : llvm::PassInfoMixin<WindowLowerPass> {
  bool Keep; ///< False: only remove the markers (plain builds).
  explicit WindowLowerPass(bool Keep) : Keep(Keep) {}
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

} // namespace djed

#endif
