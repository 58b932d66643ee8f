//===- Window.cpp - djed-window: side effects that close a window ---------===//
#include "Window.h"
#include "Hooks.h"
#include "Options.h"
#include "Undo.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace djed;

static FunctionCallee marker(Module &M) {
  LLVMContext &Context = M.getContext();
  return M.getOrInsertFunction("djed_effect", Type::getVoidTy(Context), Type::getInt32Ty(Context));
}

/// The number of a class, as enum djed_effect has it; -1 if it is none.
static int effectNumber(StringRef Class) {
  return StringSwitch<int>(Class)
      .Case("reads", 0)
      .Case("undoable", 1)
      .Case("deferrable", 2)
      .Case("compensatable", 3)
      .Case("repeatable", 4)
      .Case("final", 5)
      .Default(-1);
}

static bool readTable(Module &M, StringRef Path, StringMap<unsigned> &Table) {
  auto Buffer = MemoryBuffer::getFile(Path, true);
  if (!Buffer) {
    M.getContext().emitError("djed-window: cannot read " + Path + ": " + Buffer.getError().message());
    return false;
  }
  for (line_iterator Line(**Buffer, true, '#'); !Line.is_at_end(); ++Line) {
    SmallVector<StringRef, 4> Words;
    Line->split(Words, ' ', -1, false);
    int Number = Words.size() == 2 ? effectNumber(Words[1].trim()) : -1;
    if (Number < 0) {
      M.getContext().emitError(
          "djed-window: " + Path + ":" + Twine(Line.line_number()) +
          ": expected a function and one of reads, undoable, deferrable, compensatable, repeatable, "
          "final");
      return false;
    }
    Table[Words[0]] = Number;
  }
  return true;
}

static bool calls(Function &F, StringRef Name) {
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallBase>(&I))
      if (Call->getCalledFunction() && Call->getCalledFunction()->getName() == Name)
        return true;
  return false;
}

PreservedAnalyses WindowMarkPass::run(Module &M, ModuleAnalysisManager &MAM) {
  StringMap<unsigned> Table;
  const std::string &Path = Options::get().Effects;
  if (!Path.empty() && !readTable(M, Path, Table))
    return PreservedAnalyses::all();
  FunctionCallee Marker = marker(M);
  // It neither fails to return nor touches what the program sees, so it does not stand in the way of
  // djed-undo.
  if (auto *F = dyn_cast<Function>(Marker.getCallee())) {
    F->addFnAttr(Attribute::NoUnwind);
    F->addFnAttr(Attribute::WillReturn);
  }
  for (auto &Entry : Table) {
    Function *Stub = M.getFunction(Entry.getKey());
    Constant *Class = ConstantInt::get(Type::getInt32Ty(M.getContext()), Entry.getValue());
    if (!Stub)
      continue;
    if (!Stub->isDeclaration()) {
      if (calls(*Stub, "djed_call") && !calls(*Stub, "djed_effect"))
        IRBuilder<>(&*Stub->getEntryBlock().getFirstNonPHIOrDbgOrAlloca()).CreateCall(Marker, {Class});
      continue;
    }
    for (User *U : Stub->users())
      if (auto *Call = dyn_cast<CallBase>(U); Call && Call->getCalledFunction() == Stub)
        IRBuilder<>(Call).CreateCall(Marker, {Class});
  }
  return PreservedAnalyses::none();
}

PreservedAnalyses WindowLowerPass::run(Module &M, ModuleAnalysisManager &MAM) {
  Function *Marker = M.getFunction("djed_effect");
  if (!Marker || !Marker->isDeclaration())
    return PreservedAnalyses::all();
  Hook Effect(M, "djed_policy_closes", "djed_window_effect", Type::getInt32Ty(M.getContext()));
  for (User *U : make_early_inc_range(Marker->users())) {
    auto *Call = dyn_cast<CallBase>(U);
    if (!Call || Call->getCalledFunction() != Marker)
      continue;
    Function *F = Call->getFunction();
    bool InWindow = F->hasFnAttribute(UndoAttribute) || F->hasFnAttribute(InPlaceAttribute);
    auto *Class = dyn_cast<ConstantInt>(Call->getArgOperand(0));
    if (Keep && InWindow && !(Class && Class->isZero()))
      Effect.insert(Call, Call->getArgOperand(0), "djed.effect");
    Call->eraseFromParent();
  }
  if (Marker->use_empty())
    Marker->eraseFromParent();
  return PreservedAnalyses::none();
}
