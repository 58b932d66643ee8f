//===- Trace.cpp - djed-trace: hooks at handlers and outgoing calls -------===//
#include "Trace.h"
#include "Attributes.h"
#include "Hooks.h"
#include "djed/hooks.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;
using namespace djed;

namespace {

/// Members of struct djed_server (runtime/include/djed/server.h).
enum Member { Init = 0, Handle = 1, Notified = 2, Audit = 3, Failed = 4, Members = 5 }; // at least

/// DJED_LABEL(protocol, 0) of what is not a message: DJED_PROTOCOL_EVENT, DJED_PROTOCOL_AUDIT
/// (os/abi/message.h).
constexpr uint32_t NotifiedLabel = 2u << 16, AuditLabel = 3u << 16;

class Tracer {
  Module &M;
  Hook Enter, Exit;

public:
  explicit Tracer(Module &M)
      : M(M), Enter(M, "djed_trace_on", "djed_trace_enter", Type::getInt32Ty(M.getContext())),
        Exit(M, "djed_trace_on", "djed_trace_exit", Type::getInt64Ty(M.getContext())) {}

  void traceCalls();
  void traceHandlers();

private:
  void traceHandler(Function &F, Member Is);
};

} // namespace

void Tracer::traceCalls() {
  Function *Callee = M.getFunction("djed_call");
  if (!Callee)
    return;
  SmallVector<CallInst *, 16> Calls;
  for (User *U : Callee->users())
    if (auto *Call = dyn_cast<CallInst>(U);
        Call && Call->getCalledFunction() == Callee && Call->arg_size() >= 2)
      Calls.push_back(Call);
  for (CallInst *Call : Calls) {
    if (Call->isMustTailCall() || !Call->getType()->isIntegerTy(64) ||
        !Call->getArgOperand(1)->getType()->isIntegerTy(32))
      continue;
    Call->setTailCallKind(CallInst::TCK_None);
    Enter.insert(Call, Call->getArgOperand(1), "djed.trace");
    Exit.insert(Call->getNextNode(), Call, "djed.trace");
  }
}

void Tracer::traceHandler(Function &F, Member Is) {
  SmallVector<ReturnInst *, 4> Returns;
  for (Instruction &I : instructions(F))
    if (auto *Return = dyn_cast<ReturnInst>(&I))
      Returns.push_back(Return);
  Instruction *Start = &*F.getEntryBlock().getFirstNonPHIOrDbgOrAlloca();
  IRBuilder<> B(Start);
  Value *Label = B.getInt32(Is == Audit ? AuditLabel : NotifiedLabel);
  if (Is == Handle && F.arg_size() == 1 && F.getArg(0)->getType()->isPointerTy()) {
    Value *Place = B.CreateConstGEP1_64(B.getInt8Ty(), F.getArg(0), DJED_DELIVERY_LABEL_OFFSET);
    Label = B.CreateLoad(B.getInt32Ty(), Place, "djed.label");
  }
  Enter.insert(Start, Label, "djed.trace");
  for (ReturnInst *Return : Returns) {
    CallInst *Last = Return->getParent()->getTerminatingMustTailCall();
    Exit.insert(Last ? cast<Instruction>(Last) : Return,
                ConstantInt::get(Type::getInt64Ty(M.getContext()), 0), "djed.trace");
  }
}

void Tracer::traceHandlers() {
  GlobalVariable *Server = M.getGlobalVariable("djed_server", true);
  auto *Initializer =
      Server && Server->hasInitializer() ? dyn_cast<ConstantStruct>(Server->getInitializer()) : nullptr;
  if (!Initializer || Initializer->getNumOperands() < Members)
    return;
  SmallPtrSet<Function *, 4> Done;
  for (Member Is : {Handle, Notified, Audit, Failed}) {
    auto *F = dyn_cast<Function>(Initializer->getOperand(Is)->stripPointerCasts());
    if (F && !F->isDeclaration() && Done.insert(F).second)
      traceHandler(*F, Is);
  }
}

PreservedAnalyses TracePass::run(Module &M, ModuleAnalysisManager &MAM) {
  dropFalseAttributes(M);
  Tracer T(M);
  T.traceCalls();
  T.traceHandlers();
  return PreservedAnalyses::none();
}
