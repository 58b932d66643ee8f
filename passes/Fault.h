//===- Fault.h - djed-fault: dormant software faults ----------------------===//
//
// Every basic block gets a number, a counter and, for each fault class that finds a candidate in it, a site;
// a class that finds several draws one of them, always the same. A function F that has sites gets a twin
// F.fault that holds them and the counters; F itself stays as it was, but for the choice at its entry: the
// twin runs while F's byte in the fault page is set. So faults that sleep cost one comparison per call.
//
//   before:  define i32 @handle(ptr %p) {
//              %v = load i32, ptr %p
//              ret i32 %v
//            }
//
//   after:   define i32 @handle(ptr %p) {
//              %awake = load i8, ptr (DJED_FAULT_PAGE + DJED_FAULT_AWAKE + 3)    ; cmpb $0, ...
//              br i1 (%awake != 0), label %djed.awake, label %djed.asleep        ; jne
//            djed.awake:
//              %r = musttail call i32 @handle.fault(ptr %p)
//              ret i32 %r
//            djed.asleep:
//              ... as before ...
//            }
//            define internal i32 @handle.fault(ptr %p) {
//              ... sites (FaultStrike.h) ...
//              ++djed_block_counts[41]
//              ...
//            }
//
// Three steps. The plan gives numbers before any pass adds code, as metadata that clones keep. Faults are
// planted before djed-undo: it sees what a struck function does as it would see a programmer's bug, and a
// wild store is logged with its wild address. Counters are put in behind djed-undo: the twin and its version
// with the undo log (F.fault.undo) share the numbers of blocks, but not the counters. Functions without sites
// are counted in themselves. Those that cannot be cloned (Twin.h) have no sites.
//
// The table of sites (DJED_FAULT_SITES): `site block function file:line class number` a line, in ascending
// order of sites, which begin at 1; `number` is the function's, the index of its byte in the fault page. A
// block's number is its index in djed_block_counts; the counter of its version with the undo log lies
// djed_block_count entries behind. A line `# block block function instructions` stands for each block; a line
// `# effect block function location class operation` names a side effect of the block.
// `# apart block function` names a block that no request can run (Requests.h): it has no sites.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_FAULT_H
#define DJED_PASSES_FAULT_H

#include "llvm/IR/PassManager.h"

namespace djed {

/// Gives numbers to blocks, sites and functions, and writes the table. Before every pass that adds code.
struct FaultPlanPass : llvm::PassInfoMixin<FaultPlanPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

/// Makes the twins and inserts faults where the numbers say. Before djed-undo, behind djed-trace.
struct FaultPlantPass : llvm::PassInfoMixin<FaultPlantPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

/// Inserts the counters. Behind djed-undo.
struct FaultCountPass : llvm::PassInfoMixin<FaultCountPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

} // namespace djed

#endif
