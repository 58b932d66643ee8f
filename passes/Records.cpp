//===- Records.cpp - where which bytes are logged -------------------------===//
#include "Records.h"
#include "Options.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MustExecute.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"
#include <map>

using namespace llvm;
using namespace djed;

namespace {

constexpr int64_t HullMax = 64; ///< Bytes of a merged record: what the inline path copies.
constexpr int64_t GapMax = 8;   ///< A longer gap costs more than a second header.

class Planner {
  Function &F;
  FunctionReport &Report;
  const DataLayout &DL;
  DominatorTree &DT;
  LoopInfo &LI;
  ScalarEvolution &SE;
  TargetTransformInfo &TTI;
  const Options &O = Options::get();
  std::vector<Record> Records;
  DenseMap<Loop *, std::unique_ptr<SimpleLoopSafetyInfo>> Safety;
  DenseMap<Loop *, bool> Returns; ///< Everything in the loop surely goes on to the next instruction.

public:
  Planner(Function &F, FunctionAnalysisManager &FAM, FunctionReport &Report)
      : F(F), Report(Report), DL(F.getParent()->getDataLayout()), DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        LI(FAM.getResult<LoopAnalysis>(F)), SE(FAM.getResult<ScalarEvolutionAnalysis>(F)),
        TTI(FAM.getResult<TargetIRAnalysis>(F)) {}

  std::vector<Record> plan(ArrayRef<Write> Writes) {
    DenseMap<Instruction *, SmallVector<const Write *, 1>> ByInstruction;
    for (const Write &W : Writes)
      ByInstruction[W.At].push_back(&W);
    ReversePostOrderTraversal<Function *> Order(&F);
    for (BasicBlock *Block : Order)
      mergeBlock(*Block, ByInstruction);
    for (Record &R : Records)
      hoist(R);
    sortByPlace();
    dropDominated();
    gather();
    sortByPlace();
    return std::move(Records);
  }

private:
  void mergeBlock(BasicBlock &Block, DenseMap<Instruction *, SmallVector<const Write *, 1>> &Writes);
  bool extend(Record &R, int64_t Offset, uint64_t Size, bool Restricted);
  bool isThere(const Record &R, int64_t Low, int64_t High) const;
  void hoist(Record &R);
  bool hoistOutOf(Loop &L, Record &R);
  bool widenOver(Loop &L, Record &R);
  bool surelyReturns(Loop &L);
  void sortByPlace();
  void dropDominated();
  void gather();
  bool isKnownAt(const Record &R, const Instruction *Place) const;
};

} // namespace

/// True if bytes [Low, High) behind R's base can be read wherever the base is known.
bool Planner::isThere(const Record &R, int64_t Low, int64_t High) const {
  bool MayBeNull = false, MayBeFreed = false;
  uint64_t Bytes = R.Base->getPointerDereferenceableBytes(DL, MayBeNull, MayBeFreed);
  return !MayBeNull && !MayBeFreed && Low >= 0 && High >= Low && uint64_t(High) <= Bytes;
}

/// Makes R's range cover [Offset, Offset + Size) as well, if that pays and the bytes can be read at R's
/// place.
bool Planner::extend(Record &R, int64_t Offset, uint64_t Size, bool Restricted) {
  if (R.Size == 0 || Size > uint64_t(HullMax))
    return false;
  int64_t End = Offset + int64_t(Size), REnd = R.Offset + int64_t(R.Size);
  if (Offset > REnd + GapMax || R.Offset > End + GapMax)
    return false;
  int64_t Low = std::min(Offset, R.Offset), High = std::max(End, REnd);
  if (High - Low > HullMax && !(Low == R.Offset && High == REnd))
    return false;
  if (Restricted && !(Low == R.Offset && High == REnd) && !isThere(R, Low, High))
    return false;
  if (!O.isBroken("merge")) {
    R.Offset = Low;
    R.Size = High - Low;
  }
  return true;
}

void Planner::mergeBlock(BasicBlock &Block, DenseMap<Instruction *, SmallVector<const Write *, 1>> &Writes) {
  // Base -> its record that may still grow; true: only within what is known to be there.
  std::map<Value *, std::pair<size_t, bool>> Open;
  for (Instruction &I : Block) {
    auto Found = Writes.find(&I);
    if (Found != Writes.end()) {
      for (const Write *W : Found->second) {
        if (W->Is != Write::Fixed) {
          Record R{&I, W->Pointer};
          if (W->Is == Write::Dynamic)
            R.Length = W->Length;
          else
            R.Whole = W;
          Records.push_back(R);
          continue;
        }
        int64_t Offset = 0;
        Value *Base = GetPointerBaseWithConstantOffset(W->Pointer, Offset, DL);
        auto Grown = Open.find(Base);
        if (Grown != Open.end() &&
            extend(Records[Grown->second.first], Offset, W->Size, Grown->second.second)) {
          ++Report.Merged;
          continue;
        }
        Open[Base] = {Records.size(), false};
        Records.push_back({&I, Base, Offset, W->Size});
      }
    }
    // Behind something that may not return, a later write is not certain: read no bytes for it before.
    if (!isGuaranteedToTransferExecutionToSuccessor(&I))
      for (auto &Entry : Open)
        Entry.second.second = true;
  }
}

bool Planner::surelyReturns(Loop &L) {
  auto [It, Inserted] = Returns.try_emplace(&L, true);
  if (Inserted)
    for (BasicBlock *Block : L.blocks())
      if (!isGuaranteedToTransferExecutionToSuccessor(Block)) {
        It->second = false;
        break;
      }
  return It->second;
}

/// Moves R in front of L, where its address is the same in each iteration.
bool Planner::hoistOutOf(Loop &L, Record &R) {
  BasicBlock *Preheader = L.getLoopPreheader();
  if (!Preheader || !L.isLoopInvariant(R.Base))
    return false;
  std::unique_ptr<SimpleLoopSafetyInfo> &Info = Safety[&L];
  if (!Info) {
    Info = std::make_unique<SimpleLoopSafetyInfo>();
    Info->computeLoopSafetyInfo(&L);
  }
  bool Certain = Info->isGuaranteedToExecute(*R.Before, &DT, &L);
  bool EachTime = L.getLoopLatch() && DT.dominates(R.Before->getParent(), L.getLoopLatch());
  if (!Certain && !(EachTime && isThere(R, R.Offset, R.Offset + int64_t(R.Size))))
    return false;
  R.Before = Preheader->getTerminator();
  return true;
}

/// Makes one range of R over all iterations of L, where its address grows or shrinks by a constant.
bool Planner::widenOver(Loop &L, Record &R) {
  BasicBlock *Preheader = L.getLoopPreheader(), *Latch = L.getLoopLatch();
  if (!Preheader || !Latch || L.getExitingBlock() != Latch || !DT.dominates(R.Before->getParent(), Latch) ||
      !SE.isSCEVable(R.Base->getType()))
    return false;
  auto *Address = dyn_cast<SCEVAddRecExpr>(SE.getSCEV(R.Base));
  if (!Address || Address->getLoop() != &L || !Address->isAffine() || !surelyReturns(L))
    return false;
  auto *StepConstant = dyn_cast<SCEVConstant>(Address->getStepRecurrence(SE));
  const SCEV *Turns = SE.getBackedgeTakenCount(&L);
  if (!StepConstant || isa<SCEVCouldNotCompute>(Turns) || StepConstant->getAPInt().getSignificantBits() > 32)
    return false;
  int64_t Step = StepConstant->getAPInt().getSExtValue();
  int64_t Stride = Step < 0 ? -Step : Step;
  if (Stride == 0 || Stride > 2 * int64_t(R.Size) || Stride > int64_t(R.Size) + GapMax)
    return false;
  Type *Word = DL.getIntPtrType(R.Base->getType());
  if (SE.getTypeSizeInBits(Turns->getType()) > 64)
    return false;
  const SCEV *TurnsWord = SE.getTruncateOrZeroExtend(Turns, Word);
  const SCEV *Walked = SE.getMulExpr(TurnsWord, SE.getConstant(Word, Stride));
  const SCEV *Start = SE.getAddExpr(Address->getStart(), SE.getConstant(Word, R.Offset, true));
  if (Step < 0)
    Start = SE.getMinusSCEV(Start, Walked);
  const SCEV *Bytes = SE.getAddExpr(Walked, SE.getConstant(Word, R.Size));

  SCEVExpander Expander(SE, DL, "djed.range");
  Instruction *At = Preheader->getTerminator();
  if (!Expander.isSafeToExpandAt(Start, At) || !Expander.isSafeToExpandAt(Bytes, At) ||
      Expander.isHighCostExpansion({Start, Bytes}, &L, 8, &TTI, At))
    return false;
  R.Base = Expander.expandCodeFor(Start, R.Base->getType(), At);
  R.Length = Expander.expandCodeFor(Bytes, Word, At);
  R.Offset = 0;
  R.Size = 0;
  R.Before = At;
  return true;
}

void Planner::hoist(Record &R) {
  while (R.Size > 0) {
    Loop *L = LI.getLoopFor(R.Before->getParent());
    if (!L)
      return;
    if (hoistOutOf(*L, R)) {
      ++Report.Hoisted;
      if (O.isBroken("hoist"))
        R.Size = 0;
    } else if (widenOver(*L, R)) {
      ++Report.Ranges;
      if (O.isBroken("affine"))
        R.Length = ConstantInt::get(R.Length->getType(), 0);
    } else {
      return;
    }
  }
}

/// Dominators first, and by order in a block.
void Planner::sortByPlace() {
  DT.updateDFSNumbers();
  std::stable_sort(Records.begin(), Records.end(), [this](const Record &A, const Record &B) {
    unsigned InA = DT.getNode(A.Before->getParent())->getDFSNumIn();
    unsigned InB = DT.getNode(B.Before->getParent())->getDFSNumIn();
    if (InA != InB)
      return InA < InB;
    return A.Before != B.Before && A.Before->comesBefore(B.Before);
  });
}

/// Drops each record that another one covers on every path to it. A base that is the same SSA value is the
/// same address at both places: every path from its definition to the second place leads through the first.
void Planner::dropDominated() {
  std::vector<Record> Kept;
  std::map<Value *, SmallVector<size_t, 4>> ByBase;
  for (const Record &R : Records) {
    if (R.Size == 0) {
      if (R.Length || R.Whole)
        Kept.push_back(R);
      continue; // a record without any length is one that a broken case left out
    }
    auto Covers = [&](size_t Index) {
      const Record &K = Kept[Index];
      if (O.isBroken("dominance"))
        return true;
      return K.Offset <= R.Offset && K.Offset + int64_t(K.Size) >= R.Offset + int64_t(R.Size) &&
             (K.Before == R.Before || DT.dominates(K.Before, R.Before));
    };
    SmallVector<size_t, 4> &Same = ByBase[R.Base];
    if (any_of(Same, Covers)) {
      ++Report.Dominated;
      continue;
    }
    Same.push_back(Kept.size());
    Kept.push_back(R);
  }
  Records = std::move(Kept);
}

bool Planner::isKnownAt(const Record &R, const Instruction *Place) const {
  auto *Definition = dyn_cast<Instruction>(R.Base);
  return !Definition || DT.dominates(Definition, Place);
}

/// Moves records up to another one of their block, as far as their address is known and nothing in between
/// may fail to return.
void Planner::gather() {
  SmallVector<Instruction *, 8> Places; // of this block, behind the last barrier, in order
  Instruction *Last = nullptr;          // everything up to here has been looked at for barriers
  for (Record &R : Records) {
    if (!Last || Last->getParent() != R.Before->getParent()) {
      Places.clear();
      Last = R.Before;
    }
    for (; Last != R.Before; Last = Last->getNextNode())
      if (!isGuaranteedToTransferExecutionToSuccessor(Last))
        Places.clear();
    if (R.Size == 0 || R.Size > uint64_t(HullMax))
      continue;
    auto Found = find_if(Places, [&](Instruction *Place) { return isKnownAt(R, Place); });
    if (Found == Places.end()) {
      Places.push_back(R.Before);
    } else if (*Found != R.Before) {
      R.Before = *Found;
      ++Report.Gathered;
    }
  }
}

std::vector<Record> djed::planRecords(Function &F, ArrayRef<Write> Writes, FunctionAnalysisManager &FAM,
                                      FunctionReport &Report) {
  return Planner(F, FAM, Report).plan(Writes);
}
