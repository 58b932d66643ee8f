//===- Fault.cpp - djed-fault: dormant software faults --------------------===//
#include "Fault.h"
#include "Attributes.h"
#include "Options.h"
#include "Requests.h"
#include "Runtime.h"
#include "Undo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;
using namespace djed;

namespace {

constexpr const char *BlockKind = "djed.block"; ///< Metadata of a terminator: !{i64 block}
constexpr const char *SiteKind = "djed.site";   ///< Metadata of a candidate: !{i32 site, i32 class, ...}

/// Where struct djed_fault_slot begins with the site that is awake: from os/abi/layout.h, through CMake.
constexpr uint64_t FaultPage = DJED_FAULT_PAGE;

struct FaultClass {
  const char *Name;
  /// The instruction of the block that the class would change; null if it has none there.
  Instruction *(*findCandidate)(BasicBlock &Block);
  /// Inserts what happens when the fault strikes, in front of \p End, the end of a block of its own. True:
  /// execution goes on behind the candidate's place as if nothing had happened, else it does not go on.
  bool (*strike)(IRBuilder<> &B, Instruction &Candidate);
};

} // namespace

/// The memory that \p I loads from or stores to, if it is not only the function's own stack.
static Value *accessedMemory(Instruction &I) {
  Value *Pointer = getLoadStorePointerOperand(&I);
  if (!Pointer || Pointer->getType()->getPointerAddressSpace() != 0)
    return nullptr;
  SmallVector<const Value *, 4> Objects;
  getUnderlyingObjects(Pointer, Objects, nullptr, 0);
  for (const Value *Object : Objects) {
    auto *Parameter = dyn_cast<Argument>(Object);
    if (!isa<AllocaInst>(Object) && !(Parameter && Parameter->hasByValAttr()))
      return Pointer;
  }
  return nullptr;
}

static Instruction *findAccess(BasicBlock &Block) {
  for (Instruction &I : Block)
    if (accessedMemory(I))
      return &I;
  return nullptr;
}

/// null-pointer: the access goes through a null pointer, which stops the server there and then.
static bool accessNull(IRBuilder<> &B, Instruction &Candidate) {
  Constant *Null = ConstantPointerNull::get(B.getPtrTy());
  if (isa<LoadInst>(Candidate))
    B.CreateLoad(B.getInt8Ty(), Null, true);
  else
    B.CreateStore(B.getInt8(0), Null, true);
  return false;
}

static const FaultClass Classes[] = {
    {"null-pointer", findAccess, accessNull},
};

static MDNode *numberNode(LLVMContext &Context, ArrayRef<uint64_t> Values) {
  SmallVector<Metadata *, 2> Operands;
  for (uint64_t Value : Values)
    Operands.push_back(ConstantAsMetadata::get(ConstantInt::get(Type::getInt64Ty(Context), Value)));
  return MDNode::get(Context, Operands);
}

static uint64_t numberAt(const MDNode &Node, unsigned Index) {
  return mdconst::extract<ConstantInt>(Node.getOperand(Index))->getZExtValue();
}

static void printSite(raw_ostream &Out, uint64_t Site, uint64_t Block, Instruction &Candidate,
                      StringRef Class) {
  Out << Site << ' ' << Block << ' ' << Candidate.getFunction()->getName() << ' ';
  if (const DebugLoc &Location = Candidate.getDebugLoc())
    Out << cast<DILocation>(Location.get())->getFilename() << ':' << Location.getLine();
  else
    Out << "?:0";
  Out << ' ' << Class << '\n';
}

PreservedAnalyses FaultPlanPass::run(Module &M, ModuleAnalysisManager &MAM) {
  LLVMContext &Context = M.getContext();
  std::string Table;
  raw_string_ostream Out(Table);
  uint64_t Blocks = 0, Sites = 0;
  RequestBlocks Requests(M);
  for (Function &F : M) {
    if (F.isDeclaration() || F.hasFnAttribute(Attribute::Naked))
      continue;
    for (BasicBlock &Block : F) {
      Block.getTerminator()->setMetadata(BlockKind, numberNode(Context, {Blocks}));
      DenseMap<Instruction *, SmallVector<uint64_t, 4>> Found;
      for (uint64_t Class = 0; Class < std::size(Classes); ++Class)
        if (Instruction *Candidate = Classes[Class].findCandidate(Block)) {
          printSite(Out, ++Sites, Blocks, *Candidate, Classes[Class].Name);
          Found[Candidate].append({Sites, Class});
        }
      for (auto &[Candidate, Numbers] : Found)
        Candidate->setMetadata(SiteKind, numberNode(Context, Numbers));
      Out << "# block " << Blocks << ' ' << F.getName() << ' ' << Block.sizeWithoutDebug() << '\n';
      if (!Requests.contains(Block))
        Out << "# apart " << Blocks << ' ' << F.getName() << '\n';
      ++Blocks;
    }
  }
  M.getOrInsertNamedMetadata("djed.blocks")->addOperand(numberNode(Context, {Blocks}));

  const std::string &Path = Options::get().Sites;
  if (!Path.empty()) {
    std::error_code Code;
    raw_fd_ostream File(Path, Code);
    if (!Code) {
      File << Out.str();
      File.close();
      Code = File.error();
      File.clear_error();
    }
    if (Code)
      M.getContext().emitError("djed-fault: cannot write the site table " + Path + ": " + Code.message());
  }
  return PreservedAnalyses::all();
}

namespace {

class Planter {
  Module &M;
  GlobalVariable *Counts;
  uint64_t Blocks;
  FunctionCallee Strikes;

public:
  Planter(Module &M, uint64_t Blocks);
  void plant(Function &F);

private:
  void count(BasicBlock &Block, uint64_t Number);
  void plantSite(Instruction &Candidate, uint64_t Site, const FaultClass &Class);
};

} // namespace

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

Planter::Planter(Module &M, uint64_t Blocks) : M(M), Blocks(Blocks) {
  LLVMContext &Context = M.getContext();
  Type *Word = Type::getInt64Ty(Context);
  Counts = define(M, "djed_block_counts", ConstantAggregateZero::get(ArrayType::get(Word, 2 * Blocks)), false,
                  ".djed.counts");
  define(M, "djed_block_count", ConstantInt::get(Word, Blocks), true, "");
  Strikes = runtimeHook(M, "djed_fault_strikes", FunctionType::get(Type::getInt1Ty(Context), false));
  if (auto *F = dyn_cast<Function>(Strikes.getCallee()))
    F->addRetAttr(Attribute::ZExt);
}

void Planter::count(BasicBlock &Block, uint64_t Number) {
  IRBuilder<> B(&*Block.getFirstInsertionPt());
  Value *Place = B.CreateConstInBoundsGEP2_64(Counts->getValueType(), Counts, 0, Number);
  B.CreateStore(B.CreateAdd(B.CreateLoad(B.getInt64Ty(), Place), B.getInt64(1)), Place);
}

void Planter::plantSite(Instruction &Candidate, uint64_t Site, const FaultClass &Class) {
  LLVMContext &Context = M.getContext();
  IRBuilder<> B(&Candidate);
  // Not volatile, so that comparing takes one instruction with the address and the number in it. No pass that
  // runs after this one moves loads between blocks, and each test begins a block.
  Value *Slot = ConstantExpr::getIntToPtr(B.getInt64(FaultPage), B.getPtrTy());
  Value *Awake = B.CreateICmpEQ(B.CreateAlignedLoad(B.getInt32Ty(), Slot, Align(4)), B.getInt32(Site));
  MDNode *Unlikely = MDBuilder(Context).createUnlikelyBranchWeights();
  Instruction *Asked = SplitBlockAndInsertIfThen(Awake, &Candidate, false, Unlikely);
  Asked->getParent()->setName("djed.fault");
  B.SetInsertPoint(Asked);
  CallInst *Strike = B.CreateCall(Strikes);
  Strike->setCallingConv(CallingConv::PreserveMost);
  Strike->addRetAttr(Attribute::ZExt);
  BasicBlock *Go = Candidate.getParent();
  BasicBlock *Struck = BasicBlock::Create(Context, "djed.strike", Candidate.getFunction());
  B.CreateCondBr(Strike, Struck, Go);
  Asked->eraseFromParent();
  B.SetInsertPoint(Struck);
  B.SetCurrentDebugLocation(Candidate.getDebugLoc());
  if (Class.strike(B, Candidate))
    B.CreateBr(Go);
  else
    B.CreateUnreachable();
}

void Planter::plant(Function &F) {
  bool InWindow = F.hasFnAttribute(UndoAttribute);
  SmallVector<std::pair<BasicBlock *, uint64_t>, 32> Numbered;
  SmallVector<std::pair<Instruction *, MDNode *>, 32> Candidates;
  for (BasicBlock &Block : F) {
    if (MDNode *Node = Block.getTerminator()->getMetadata(BlockKind))
      Numbered.push_back({&Block, numberAt(*Node, 0)});
    for (Instruction &I : Block)
      if (MDNode *Node = I.getMetadata(SiteKind))
        Candidates.push_back({&I, Node});
  }
  for (auto &[Block, Number] : Numbered) {
    count(*Block, InWindow ? Blocks + Number : Number);
    Block->getTerminator()->setMetadata(BlockKind, nullptr);
  }
  for (auto &[Candidate, Node] : Candidates) {
    Candidate->setMetadata(SiteKind, nullptr);
    for (unsigned Index = 0; Index + 1 < Node->getNumOperands(); Index += 2)
      plantSite(*Candidate, numberAt(*Node, Index), Classes[numberAt(*Node, Index + 1)]);
  }
}

PreservedAnalyses FaultPlantPass::run(Module &M, ModuleAnalysisManager &MAM) {
  NamedMDNode *Blocks = M.getNamedMetadata("djed.blocks");
  if (!Blocks)
    return PreservedAnalyses::all();
  dropFalseAttributes(M);
  Planter P(M, numberAt(*Blocks->getOperand(0), 0));
  for (Function &F : M)
    if (!F.isDeclaration())
      P.plant(F);
  Blocks->eraseFromParent();
  return PreservedAnalyses::none();
}
