//===- Undo.cpp - djed-undo: log what is about to be overwritten ----------===//
#include "Undo.h"
#include "Attributes.h"
#include "LogWriter.h"
#include "Options.h"
#include "Records.h"
#include "Report.h"
#include "Runtime.h"
#include "Twin.h"
#include "Writes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"

using namespace llvm;
using namespace djed;

namespace {

class Instrumenter {
  Module &M;
  FunctionAnalysisManager &FAM;
  LogWriter Writer;
  MapVector<Function *, Function *> Clones; ///< function -> its clone
  SmallVector<std::pair<Function *, std::string>, 4> InPlace;
  std::vector<FunctionReport> Reports;

public:
  Instrumenter(Module &M, FunctionAnalysisManager &FAM) : M(M), FAM(FAM), Writer(M) {}
  void run();

private:
  void clone();
  void redirectCalls(Function &Clone);
  void instrument(Function &F, StringRef Name, StringRef InPlaceReason);
  void addDispatch(Function &F, Function &Clone);
  void refuseAddresses();
};

} // namespace

/// True if \p F can be called by someone who does not know its clone.
static bool isReachedFromOutside(Function &F) {
  return !F.hasLocalLinkage() || F.hasAddressTaken(nullptr, false, true, false);
}

void Instrumenter::clone() {
  SmallVector<Function *, 64> Defined;
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    if (F.hasFnAttribute(Attribute::Naked))
      M.getContext().emitError("djed-undo: function " + F.getName() + " is naked: move it to the runtime");
    Defined.push_back(&F);
  }
  for (Function *F : Defined) {
    std::string Reason = reasonWithoutTwin(*F);
    if (!Reason.empty()) {
      InPlace.push_back({F, Reason});
      continue;
    }
    Function *Clone = makeTwin(*F, ".undo");
    Clone->addFnAttr(UndoAttribute);
    Clones[F] = Clone;
  }
}

void Instrumenter::redirectCalls(Function &Clone) {
  if (Options::get().isBroken("redirect"))
    return;
  for (Instruction &I : instructions(Clone)) {
    auto *Call = dyn_cast<CallBase>(&I);
    if (!Call)
      continue;
    auto *Callee = dyn_cast<Function>(Call->getCalledOperand()->stripPointerCastsAndAliases());
    if (!Callee)
      continue;
    auto Found = Clones.find(Callee);
    if (Found != Clones.end())
      Call->setCalledOperand(Found->second);
  }
}

void Instrumenter::instrument(Function &F, StringRef Name, StringRef InPlaceReason) {
  FunctionReport Report;
  Report.Name = Name.str();
  Report.InPlace = InPlaceReason.str();
  SmallVector<Write, 32> Found, Logged;
  for (Instruction &I : instructions(F)) {
    std::string Refusal;
    if (!findWrites(I, Found, Refusal)) {
      std::string Where;
      if (const DebugLoc &Location = I.getDebugLoc())
        Where = (" (line " + Twine(Location.getLine()) + ")").str();
      M.getContext().emitError("djed-undo: function " + Name + Where + " " + Refusal);
    }
  }
  for (const Write &W : Found) {
    ++Report.Writes;
    std::string Object;
    switch (classify(W, Object)) {
    case Target::Memory:
      Logged.push_back(W);
      break;
    case Target::Stack:
      ++Report.Stack;
      break;
    case Target::Device:
      ++Report.Device;
      break;
    case Target::Exempt:
      ++Report.Exempt[Object];
      break;
    }
  }
  if (!InPlaceReason.empty()) {
    // A window may have opened since any earlier place, as far as this function knows: each write has its
    // record.
    std::vector<Record> Records;
    for (const Write &W : Logged) {
      Record R{W.At, W.Pointer, 0, W.Size};
      if (W.Is == Write::Dynamic)
        R.Length = W.Length;
      else if (W.Is != Write::Fixed)
        R.Whole = &W;
      Records.push_back(R);
    }
    Writer.write(Records, true, Report);
  } else if (!Logged.empty()) {
    auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
    auto &LI = FAM.getResult<LoopAnalysis>(F);
    auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(F);
    auto &AC = FAM.getResult<AssumptionAnalysis>(F);
    SmallVector<Loop *, 8> Loops(LI.begin(), LI.end());
    for (Loop *L : Loops)
      simplifyLoop(L, &DT, &LI, &SE, &AC, nullptr, false);
    Writer.write(planRecords(F, Logged, FAM, Report), false, Report);
    FAM.invalidate(F, PreservedAnalyses::none());
  }
  Reports.push_back(std::move(Report));
}

/// Puts the choice between \p F and its clone at F's entry.
void Instrumenter::addDispatch(Function &F, Function &Clone) {
  if (Options::get().isBroken("dispatch"))
    return;
  moveBody(F, ".plain");
  F.removeFnAttr("frame-pointer"); // all that is left calls nobody but in its own place
  addChoice(
      F, Clone, "djed.window", "djed.plain",
      [&](IRBuilder<> &B) {
        Value *Flag = runtimeVariable(M, "djed_window_open", B.getInt32Ty());
        return B.CreateICmpNE(B.CreateLoad(B.getInt32Ty(), Flag, "djed.open"), B.getInt32(0));
      },
      nullptr);
}

/// An external function that is logged where it is called cannot be logged where it is called through a
/// pointer.
void Instrumenter::refuseAddresses() {
  for (Function &F : M)
    if (F.isDeclaration() && isLoggedAtCalls(F.getName()) && F.hasAddressTaken(nullptr, false, true, true))
      M.getContext().emitError(
          "djed-undo: the address of " + F.getName() +
          " is taken: what it writes when called through a pointer could not be undone (wrap it in a "
          "function of your own)");
}

void Instrumenter::run() {
  refuseAddresses();
  dropFalseAttributes(M);
  clone();
  for (auto &[F, Clone] : Clones)
    redirectCalls(*Clone);
  SmallSetVector<Function *, 32> Dispatched;
  for (auto &[F, Clone] : Clones)
    if (isReachedFromOutside(*F))
      Dispatched.insert(F);
  // A function that serves open and closed windows calls functions that must choose themselves.
  for (auto &[Caller, Reason] : InPlace)
    for (Instruction &I : instructions(*Caller))
      if (auto *Call = dyn_cast<CallBase>(&I))
        if (auto *F = dyn_cast<Function>(Call->getCalledOperand()->stripPointerCastsAndAliases()))
          if (Clones.count(F))
            Dispatched.insert(F);
  for (auto &[F, Clone] : Clones)
    instrument(*Clone, F->getName(), "");
  for (auto &[F, Reason] : InPlace) {
    F->addFnAttr(InPlaceAttribute);
    instrument(*F, F->getName(), Reason);
  }
  for (Function *F : Dispatched)
    addDispatch(*F, *Clones[F]);

  const std::string &Path = Options::get().Report;
  std::string Error;
  if (!Path.empty() && !writeReport(Path, Reports, Error))
    M.getContext().emitError("djed-undo: cannot write the report " + Path + ": " + Error);
}

PreservedAnalyses UndoPass::run(Module &M, ModuleAnalysisManager &MAM) {
  auto &FAM = MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
  Instrumenter(M, FAM).run();
  return PreservedAnalyses::none();
}
