//===- Attributes.cpp - what is no longer true of instrumented code -------===//
#include "Attributes.h"
#include "llvm/IR/AttributeMask.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

void djed::dropFalseAttributes(Module &M) {
  AttributeMask OfFunction, OfParameter;
  OfFunction.addAttribute(Attribute::Memory)
      .addAttribute(Attribute::NoSync)
      .addAttribute(Attribute::Speculatable);
  OfParameter.addAttribute(Attribute::ReadNone)
      .addAttribute(Attribute::ReadOnly)
      .addAttribute(Attribute::WriteOnly);
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    F.removeFnAttrs(OfFunction);
    for (unsigned I = 0; I < F.arg_size(); ++I)
      F.removeParamAttrs(I, OfParameter);
    for (Instruction &I : instructions(F)) {
      auto *Call = dyn_cast<CallBase>(&I);
      if (!Call || Call->isInlineAsm())
        continue;
      auto *Callee = dyn_cast<Function>(Call->getCalledOperand()->stripPointerCastsAndAliases());
      if (Callee && Callee->isDeclaration())
        continue;
      Call->setAttributes(Call->getAttributes().removeFnAttributes(M.getContext(), OfFunction));
      for (unsigned Index = 0; Index < Call->arg_size(); ++Index)
        Call->setAttributes(Call->getAttributes().removeParamAttributes(M.getContext(), Index, OfParameter));
    }
  }
}
