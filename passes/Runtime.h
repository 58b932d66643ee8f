//===- Runtime.h - names of the runtime that instrumented code uses -------===//
#ifndef DJED_PASSES_RUNTIME_H
#define DJED_PASSES_RUNTIME_H

#include "llvm/IR/Module.h"

namespace djed {

/// A variable of the runtime. The runtime is linked into the same executable, so it is reached without a
/// detour.
inline llvm::Constant *runtimeVariable(llvm::Module &M, llvm::StringRef Name, llvm::Type *Type) {
  llvm::Constant *Found = M.getOrInsertGlobal(Name, Type);
  if (auto *Variable = llvm::dyn_cast<llvm::GlobalVariable>(Found))
    Variable->setDSOLocal(true);
  return Found;
}

/// A function of the runtime that registers survive: runtime/include/djed/hooks.h declares it preserve_most.
inline llvm::FunctionCallee runtimeHook(llvm::Module &M, llvm::StringRef Name, llvm::FunctionType *Type) {
  llvm::FunctionCallee Found = M.getOrInsertFunction(Name, Type);
  if (auto *F = llvm::dyn_cast<llvm::Function>(Found.getCallee())) {
    F->setCallingConv(llvm::CallingConv::PreserveMost);
    F->setDSOLocal(true);
  }
  return Found;
}

} // namespace djed

#endif
