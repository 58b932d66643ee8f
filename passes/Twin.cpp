//===- Twin.cpp - a second version of a function --------------------------===//
#include "Twin.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;
using namespace djed;

static bool takesByValue(Function &F) {
  return any_of(F.args(), [](Argument &A) { return A.hasPassPointeeByValueCopyAttr(); });
}

std::string djed::reasonWithoutTwin(Function &F) {
  if (F.isVarArg() && takesByValue(F))
    return "it takes a structure by value and a variable number of arguments";
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallBase>(&I))
      if (Call->hasFnAttr(Attribute::ReturnsTwice))
        return "it calls a function that returns twice";
  for (BasicBlock &Block : F) {
    if (!Block.hasAddressTaken())
      continue;
    for (User *U : BlockAddress::get(&F, &Block)->users()) {
      auto *I = dyn_cast<Instruction>(U);
      if (!I || I->getFunction() != &F)
        return "its labels' addresses are kept in data";
    }
  }
  return "";
}

Function *djed::makeTwin(Function &F, StringRef Suffix) {
  ValueToValueMapTy Map;
  Function *Twin = CloneFunction(&F, Map);
  Twin->setName(F.getName() + Suffix);
  Twin->setLinkage(GlobalValue::InternalLinkage);
  Twin->setVisibility(GlobalValue::DefaultVisibility);
  Twin->setDSOLocal(true);
  Twin->setComdat(nullptr);
  return Twin;
}

/// Ends a block of \p F with a call of its twin, whose result is F's.
static void callTwin(IRBuilder<> &B, Function &F, Function &Twin) {
  SmallVector<Value *, 8> Arguments;
  for (Argument &A : F.args())
    Arguments.push_back(&A);
  CallInst *Call = B.CreateCall(&Twin, Arguments);
  Call->setCallingConv(F.getCallingConv());
  Call->setAttributes(F.getAttributes().removeFnAttributes(F.getContext()));
  // LLVM 19 copies a structure by value for a tail call over the caller's return address.
  Call->setTailCallKind(takesByValue(F) ? CallInst::TCK_NoTail : CallInst::TCK_MustTail);
  if (DISubprogram *Subprogram = F.getSubprogram())
    Call->setDebugLoc(DILocation::get(F.getContext(), Subprogram->getScopeLine(), 0, Subprogram));
  if (F.getReturnType()->isVoidTy())
    B.CreateRetVoid();
  else
    B.CreateRet(Call);
}

void djed::moveBody(Function &F, StringRef Suffix) {
  Function *Twin = makeTwin(F, Suffix);
  for (BasicBlock &Block : F)
    Block.dropAllReferences();
  while (!F.empty())
    F.back().eraseFromParent();
  IRBuilder<> B(BasicBlock::Create(F.getContext(), "", &F));
  callTwin(B, F, *Twin);
}

void djed::addChoice(Function &F, Function &Twin, StringRef TwinBlock, StringRef OwnBlock,
                     function_ref<Value *(IRBuilder<> &)> choose, MDNode *Weights) {
  LLVMContext &Context = F.getContext();
  BasicBlock *Own = &F.getEntryBlock();
  Own->setName(OwnBlock);
  BasicBlock *Entry = BasicBlock::Create(Context, "djed.entry", &F, Own);
  BasicBlock *Other = BasicBlock::Create(Context, TwinBlock, &F, Own);

  IRBuilder<> B(Entry);
  // Variables of fixed size must stay in the entry block to remain part of the frame.
  for (Instruction &I : make_early_inc_range(*Own))
    if (auto *Alloca = dyn_cast<AllocaInst>(&I))
      if (isa<ConstantInt>(Alloca->getArraySize()))
        Alloca->moveBefore(*Entry, Entry->end());
  B.SetInsertPoint(Entry);
  B.CreateCondBr(choose(B), Other, Own, Weights);

  B.SetInsertPoint(Other);
  callTwin(B, F, Twin);
}
