//===- Hooks.h - a call of the runtime behind an inline test --------------===//
#ifndef DJED_PASSES_HOOKS_H
#define DJED_PASSES_HOOKS_H

#include "Runtime.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

namespace djed {

/// `if (flag) function(argument)`: two instructions while the flag is 0, and the registers are the callee's
/// affair (preserve_most, as runtime/include/djed/hooks.h declares the hooks).
class Hook {
  llvm::Module &M;
  llvm::Constant *Flag;
  llvm::FunctionCallee Function;

public:
  Hook(llvm::Module &M, llvm::StringRef FlagName, llvm::StringRef FunctionName, llvm::Type *Argument)
      : M(M), Flag(runtimeVariable(M, FlagName, llvm::Type::getInt32Ty(M.getContext()))),
        Function(
            runtimeHook(M, FunctionName,
                        llvm::FunctionType::get(llvm::Type::getVoidTy(M.getContext()), {Argument}, false))) {}

  void insert(llvm::Instruction *Before, llvm::Value *Argument, const llvm::Twine &Name) {
    llvm::IRBuilder<> B(Before);
    llvm::Value *On = B.CreateICmpNE(B.CreateLoad(B.getInt32Ty(), Flag), B.getInt32(0));
    llvm::MDNode *Unlikely = llvm::MDBuilder(M.getContext()).createUnlikelyBranchWeights();
    llvm::Instruction *Then = llvm::SplitBlockAndInsertIfThen(On, Before, false, Unlikely);
    Then->getParent()->setName(Name);
    B.SetInsertPoint(Then);
    B.CreateCall(Function, {Argument})->setCallingConv(llvm::CallingConv::PreserveMost);
  }
};

} // namespace djed

#endif
