//===- Trace.h - djed-trace: hooks at handlers and outgoing calls ---------===//
//
// Handlers are the functions that the global `djed_server` names (init excepted); outgoing calls are calls of
// djed_call.
//
//   before:  define void @handle(ptr %delivery) {
//              %status = call i64 @djed_call(i32 %to, i32 1048577, i32 1)
//              ret void
//
//   after (each line that begins with `if` is the inline test of Hooks.h):
//            define void @handle(ptr %delivery) {
//              if (djed_trace_on) djed_trace_enter(load i32, ptr (%delivery + 56))
//              if (djed_trace_on) djed_trace_enter(1048577)
//              %status = call i64 @djed_call(i32 %to, i32 1048577, i32 1)
//              if (djed_trace_on) djed_trace_exit(%status)
//              if (djed_trace_on) djed_trace_exit(0)
//              ret void
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_TRACE_H
#define DJED_PASSES_TRACE_H

#include "llvm/IR/PassManager.h"

namespace djed {

struct TracePass : llvm::PassInfoMixin<TracePass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

} // namespace djed

#endif
