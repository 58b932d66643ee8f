//===- FaultStrike.h - what a fault site does when it strikes -------------===//
//
// A site asks, once per execution, whether its fault strikes now. What then happens lies in a block of its
// own, "djed.strike"; execution goes on with another value (onOperand, onResult), with a step left out
// (instead) or added (after), or ends there (crash):
//
//   before:    %v = load i32, ptr %p
//
//   after:     %site = load i32, ptr DJED_FAULT_PAGE                        ; cmpl $7, DJED_FAULT_PAGE
//   onOperand  br i1 (%site == 7), label %djed.fault, label %djed.go, unlikely
//            djed.fault:
//              br i1 (call preserve_mostcc @djed_fault_strikes()), label %djed.strike, label %djed.go
//            djed.strike:
//              %wild = ...
//              br label %djed.go
//            djed.go:
//              %q = phi ptr [ %p, ... ], [ %p, %djed.fault ], [ %wild, %djed.strike ]
//              %v = load i32, ptr %q
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_FAULTSTRIKE_H
#define DJED_PASSES_FAULTSTRIKE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace djed {

/// What sites need of the runtime (runtime/include/djed/hooks.h).
struct FaultRuntime {
  llvm::FunctionCallee Strikes, Value;
  explicit FaultRuntime(llvm::Module &M);
};

class FaultStrike {
  const FaultRuntime &Runtime;
  uint32_t Number;
  llvm::BasicBlock *Head = nullptr, *Asked = nullptr, *Struck = nullptr, *Go = nullptr;

  void ask(llvm::Instruction &Before);
  llvm::PHINode *choose(llvm::Value *Right, llvm::Value *Wrong);

public:
  using Make = llvm::function_ref<llvm::Value *(llvm::IRBuilder<> &)>;

  FaultStrike(const FaultRuntime &Runtime, uint32_t Number) : Runtime(Runtime), Number(Number) {}

  /// \p I has the operand that \p wrong makes. The kind of the operand's type stays.
  void onOperand(llvm::Instruction &I, unsigned Operand, Make wrong);
  /// What \p I gives, for all who use it, is what \p wrong makes. Not for terminators and PHI nodes.
  void onResult(llvm::Instruction &I, Make wrong);
  /// \p I, whose result nobody uses, is left out.
  void instead(llvm::Instruction &I);
  /// What \p add inserts happens behind \p I; it may not end the block.
  void after(llvm::Instruction &I, llvm::function_ref<void(llvm::IRBuilder<> &)> add);
  /// What \p add inserts happens in front of \p I and does not return.
  void crash(llvm::Instruction &I, llvm::function_ref<void(llvm::IRBuilder<> &)> add);

  /// Code for an arbitrary value of an integer or pointer type: the same in every run, another at each
  /// strike.
  llvm::Value *arbitrary(llvm::IRBuilder<> &B, llvm::Type *Type) const;
};

} // namespace djed

#endif
