//===- FaultPlant.cpp - twins with faults, and counters -------------------===//
#include "Attributes.h"
#include "Fault.h"
#include "FaultClasses.h"
#include "FaultNumbers.h"
#include "Twin.h"
#include "Undo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace djed;

/// The byte of function 0 in the fault page: from os/abi/layout.h, through CMake.
static constexpr uint64_t FirstAwake = DJED_FAULT_PAGE + DJED_FAULT_AWAKE;

/// Forgets what the optimiser had proved about values that a fault may change: code that djed-undo adds must
/// not stand on it.
static void dropPromises(Function &Twin) {
  LLVMContext &Context = Twin.getContext();
  const unsigned Kept[] = {Context.getMDKindID(BlockKind), Context.getMDKindID(SiteKind),
                           LLVMContext::MD_prof};
  for (Instruction &I : instructions(Twin)) {
    I.dropPoisonGeneratingFlags();
    I.dropUnknownNonDebugMetadata(Kept);
  }
  Twin.removeFnAttr(Attribute::MustProgress);
  Twin.removeFnAttr(Attribute::WillReturn);
}

static void plantSites(Function &Twin, const FaultRuntime &Runtime) {
  SmallVector<std::pair<Instruction *, MDNode *>, 32> Candidates;
  for (Instruction &I : instructions(Twin))
    if (MDNode *Node = I.getMetadata(SiteKind))
      Candidates.push_back({&I, Node});
  for (auto &[I, Node] : Candidates) {
    I->setMetadata(SiteKind, nullptr);
    for (unsigned At = 0; At + 2 < Node->getNumOperands(); At += 3) {
      FaultStrike Strike(Runtime, numberAt(*Node, At));
      FaultClasses[numberAt(*Node, At + 1)].plant(Strike, *I, numberAt(*Node, At + 2));
    }
  }
}

/// \p F has no faults and counts nothing any more, but runs \p Twin while byte \p Number is set.
static void giveWay(Function &F, Function &Twin, uint64_t Number) {
  for (Instruction &I : instructions(F)) {
    I.setMetadata(SiteKind, nullptr);
    I.setMetadata(BlockKind, nullptr);
  }
  addChoice(
      F, Twin, "djed.awake", "djed.asleep",
      [&](IRBuilder<> &B) {
        Value *Byte = ConstantExpr::getIntToPtr(B.getInt64(FirstAwake + Number), B.getPtrTy());
        return B.CreateICmpNE(B.CreateLoad(B.getInt8Ty(), Byte), B.getInt8(0));
      },
      MDBuilder(F.getContext()).createUnlikelyBranchWeights());
}

PreservedAnalyses FaultPlantPass::run(Module &M, ModuleAnalysisManager &MAM) {
  dropFalseAttributes(M);
  SmallVector<std::pair<Function *, uint64_t>, 64> Numbered;
  for (Function &F : M)
    if (MDNode *Node = F.getMetadata(FunctionKind)) {
      Numbered.push_back({&F, numberAt(*Node, 0)});
      F.setMetadata(FunctionKind, nullptr);
    }
  FaultRuntime Runtime(M);
  for (auto &[F, Number] : Numbered) {
    Function *Twin = makeTwin(*F, ".fault");
    dropPromises(*Twin);
    plantSites(*Twin, Runtime);
    giveWay(*F, *Twin, Number);
  }
  return PreservedAnalyses::none();
}

/// Defines a symbol of the runtime's contract; a declaration that the program already has gives way to it.
static GlobalVariable *define(Module &M, StringRef Name, Constant *Initializer, bool IsConstant,
                              StringRef Section) {
  auto *Old = M.getGlobalVariable(Name, true);
  auto *New = new GlobalVariable(M, Initializer->getType(), IsConstant, GlobalValue::ExternalLinkage,
                                 Initializer, "");
  if (Old) {
    Old->replaceAllUsesWith(New);
    New->takeName(Old);
    Old->eraseFromParent();
  } else {
    New->setName(Name);
  }
  New->setSection(Section);
  New->setAlignment(Align(8));
  return New;
}

PreservedAnalyses FaultCountPass::run(Module &M, ModuleAnalysisManager &MAM) {
  NamedMDNode *Node = M.getNamedMetadata(BlocksName);
  if (!Node)
    return PreservedAnalyses::all();
  uint64_t Blocks = numberAt(*Node->getOperand(0), 0);
  Node->eraseFromParent();
  Type *Word = Type::getInt64Ty(M.getContext());
  GlobalVariable *Counts =
      define(M, "djed_block_counts", ConstantAggregateZero::get(ArrayType::get(Word, 2 * Blocks)), false,
             ".djed.counts");
  define(M, "djed_block_count", ConstantInt::get(Word, Blocks), true, "");
  for (Function &F : M) {
    bool InWindow = F.hasFnAttribute(UndoAttribute);
    for (BasicBlock &Block : F) {
      MDNode *Number = Block.getTerminator()->getMetadata(BlockKind);
      if (!Number)
        continue;
      Block.getTerminator()->setMetadata(BlockKind, nullptr);
      IRBuilder<> B(&*Block.getFirstInsertionPt());
      Value *Place = B.CreateConstInBoundsGEP2_64(Counts->getValueType(), Counts, 0,
                                                  numberAt(*Number, 0) + (InWindow ? Blocks : 0));
      B.CreateStore(B.CreateAdd(B.CreateLoad(Word, Place), B.getInt64(1)), Place);
    }
  }
  return PreservedAnalyses::none();
}
