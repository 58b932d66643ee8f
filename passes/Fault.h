//===- Fault.h - djed-fault: dormant software faults ----------------------===//
//
// Every basic block gets a number, a counter and, for each fault class that finds a candidate in it, a site.
// Numbers are given before djed-undo clones functions, so that both versions of a block share them, but not
// the counter: what runs in an open window is counted apart. Code is inserted afterwards.
//
//   before:  block:
//              %v = load i32, ptr %p
//
//   after:   block:
//              ++djed_block_counts[41]
//              %site = load i32, ptr DJED_FAULT_PAGE                      ; cmpl $7, DJED_FAULT_PAGE
//              br i1 (%site == 7), label %djed.fault, label %djed.go     ; je
//            djed.go:
//              %v = load i32, ptr %p
//            djed.fault:
//              br i1 (call preserve_mostcc @djed_fault_strikes()), label %djed.strike, label %djed.go
//            djed.strike:
//              load volatile i8, ptr null                                ; the class null-pointer
//              unreachable
//
// The table of sites (DJED_FAULT_SITES): `site block function file:line class` a line, in ascending order of
// sites, which begin at 1. A block's number is its index in djed_block_counts; the
// counter of its version with the undo log lies djed_block_count entries behind. A line `# block block
// function instructions` stands for each block; a line `# apart block function` names a block that no request
// can run (Requests.h): its faults can be woken, but campaigns do not draw them.
//
// A further class is one more entry of the table in Fault.cpp: how it finds its candidate in a block, and
// what happens instead of it.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_FAULT_H
#define DJED_PASSES_FAULT_H

#include "llvm/IR/PassManager.h"

namespace djed {

/// Gives numbers to blocks and sites, and writes the table. Before every pass that adds code.
struct FaultPlanPass : llvm::PassInfoMixin<FaultPlanPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

/// Inserts counters and faults where the numbers say.
struct FaultPlantPass : llvm::PassInfoMixin<FaultPlantPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &MAM);
  static bool isRequired() { return true; }
};

} // namespace djed

#endif
