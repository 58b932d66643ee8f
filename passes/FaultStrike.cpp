//===- FaultStrike.cpp - what a fault site does when it strikes -----------===//
#include "FaultStrike.h"
#include "Runtime.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;
using namespace djed;

/// Where struct djed_fault_slot begins with the site that is awake: from os/abi/layout.h, through CMake.
static constexpr uint64_t FaultPage = DJED_FAULT_PAGE;

FaultRuntime::FaultRuntime(Module &M) {
  LLVMContext &Context = M.getContext();
  Strikes = runtimeHook(M, "djed_fault_strikes", FunctionType::get(Type::getInt1Ty(Context), false));
  Value = runtimeHook(M, "djed_fault_value",
                      FunctionType::get(Type::getInt64Ty(Context), {Type::getInt32Ty(Context)}, false));
  if (auto *F = dyn_cast<Function>(Strikes.getCallee()))
    F->addRetAttr(Attribute::ZExt);
  // So that djed-undo may still log in front of loops.
  for (FunctionCallee &Callee : {std::ref(Strikes), std::ref(Value)})
    if (auto *F = dyn_cast<Function>(Callee.getCallee())) {
      F->addFnAttr(Attribute::NoUnwind);
      F->addFnAttr(Attribute::WillReturn);
    }
}

void FaultStrike::ask(Instruction &Before) {
  LLVMContext &Context = Before.getContext();
  DebugLoc Location = Before.getDebugLoc();
  Head = Before.getParent();
  Function *F = Head->getParent();
  Go = SplitBlock(Head, &Before);
  Go->setName("djed.go");
  Asked = BasicBlock::Create(Context, "djed.fault", F);
  Struck = BasicBlock::Create(Context, "djed.strike", F);

  // Not volatile, so that comparing takes one instruction with the address and the number in it. No pass that
  // runs after this one moves loads between blocks, and each test begins a block.
  IRBuilder<> B(Head->getTerminator());
  Value *Slot = ConstantExpr::getIntToPtr(B.getInt64(FaultPage), B.getPtrTy());
  Value *Awake = B.CreateICmpEQ(B.CreateAlignedLoad(B.getInt32Ty(), Slot, Align(4)), B.getInt32(Number));
  B.CreateCondBr(Awake, Asked, Go, MDBuilder(Context).createUnlikelyBranchWeights());
  Head->getTerminator()->eraseFromParent();

  B.SetInsertPoint(Asked);
  B.SetCurrentDebugLocation(Location);
  CallInst *Strike = B.CreateCall(Runtime.Strikes);
  Strike->setCallingConv(CallingConv::PreserveMost);
  Strike->addRetAttr(Attribute::ZExt);
  B.CreateCondBr(Strike, Struck, Go);
}

PHINode *FaultStrike::choose(Value *Right, Value *Wrong) {
  IRBuilder<> B(Go, Go->begin());
  PHINode *Choice = B.CreatePHI(Right->getType(), 3);
  Choice->addIncoming(Right, Head);
  Choice->addIncoming(Right, Asked);
  Choice->addIncoming(Wrong, Struck);
  return Choice;
}

void FaultStrike::onOperand(Instruction &I, unsigned Operand, Make wrong) {
  ask(I);
  IRBuilder<> B(Struck);
  B.SetCurrentDebugLocation(I.getDebugLoc());
  Value *Wrong = wrong(B);
  B.CreateBr(Go);
  I.setOperand(Operand, choose(I.getOperand(Operand), Wrong));
}

void FaultStrike::onResult(Instruction &I, Make wrong) {
  ask(*I.getNextNode());
  IRBuilder<> B(Struck);
  B.SetCurrentDebugLocation(I.getDebugLoc());
  Value *Wrong = wrong(B);
  B.CreateBr(Go);
  PHINode *Choice = choose(&I, Wrong);
  I.replaceUsesWithIf(Choice, [&](Use &U) {
    auto *User = cast<Instruction>(U.getUser());
    return User != Choice && User->getParent() != Struck;
  });
}

void FaultStrike::instead(Instruction &I) {
  ask(I);
  BasicBlock *Rest = SplitBlock(Go, I.getNextNode());
  IRBuilder<>(Struck).CreateBr(Rest);
}

void FaultStrike::after(Instruction &I, function_ref<void(IRBuilder<> &)> add) {
  ask(*I.getNextNode());
  IRBuilder<> B(Struck);
  B.SetCurrentDebugLocation(I.getDebugLoc());
  BranchInst *End = B.CreateBr(Go);
  B.SetInsertPoint(End);
  add(B);
}

void FaultStrike::crash(Instruction &I, function_ref<void(IRBuilder<> &)> add) {
  ask(I);
  IRBuilder<> B(Struck);
  B.SetCurrentDebugLocation(I.getDebugLoc());
  add(B);
  B.CreateUnreachable();
}

Value *FaultStrike::arbitrary(IRBuilder<> &B, Type *Type) const {
  CallInst *Bits = B.CreateCall(Runtime.Value, {B.getInt32(Number)});
  Bits->setCallingConv(CallingConv::PreserveMost);
  if (Type->isPointerTy())
    return B.CreateIntToPtr(Bits, Type);
  return B.CreateZExtOrTrunc(Bits, Type);
}
