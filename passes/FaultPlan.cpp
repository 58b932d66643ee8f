//===- FaultPlan.cpp - numbers of blocks, sites and functions -------------===//
#include "Fault.h"
#include "FaultClasses.h"
#include "FaultNumbers.h"
#include "Options.h"
#include "Requests.h"
#include "Twin.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace djed;

/// Functions whose bytes fit into the fault page: from os/abi/layout.h, through CMake.
static constexpr uint64_t FunctionsMax = DJED_FAULT_FUNCTIONS;

namespace {

struct Candidate {
  Instruction *At;
  unsigned Way;
};

class Planner {
  Module &M;
  std::string Table;
  raw_string_ostream Out;
  RequestBlocks Requests;
  uint64_t Blocks = 0, Sites = 0, Functions = 0;

public:
  explicit Planner(Module &M) : M(M), Out(Table), Requests(M) {}
  void run();

private:
  void planFunction(Function &F);
  void planBlock(BasicBlock &Block, const LoopInfo &Loops);
  void printSite(Instruction &Candidate, StringRef Class);
  void printEffects(const BasicBlock &Block);
  void writeTable();
};

} // namespace

/// splitmix64's last step (Steele, Lea, Flood 2014): neighbouring numbers give unrelated ones.
static uint64_t mix(uint64_t X) {
  X = (X ^ (X >> 30)) * 0xbf58476d1ce4e5b9u;
  X = (X ^ (X >> 27)) * 0x94d049bb133111ebu;
  return X ^ (X >> 31);
}

void Planner::printSite(Instruction &Candidate, StringRef Class) {
  Out << Sites << ' ' << Blocks << ' ' << Candidate.getFunction()->getName() << ' ';
  if (const DebugLoc &Location = Candidate.getDebugLoc())
    Out << cast<DILocation>(Location.get())->getFilename() << ':' << Location.getLine();
  else
    Out << "?:0";
  Out << ' ' << Class << ' ' << Functions << '\n';
}

/// The side effects that a block has, by the markers in its client stubs (Window.h): where the server calls
/// the stub, its name, its class.
void Planner::printEffects(const BasicBlock &Block) {
  for (const Instruction &I : Block) {
    auto *Call = dyn_cast<CallBase>(&I);
    auto *Marker = Call ? Call->getCalledFunction() : nullptr;
    auto *Class = Marker && Marker->getName() == "djed_effect" ? dyn_cast<ConstantInt>(Call->getArgOperand(0))
                                                               : nullptr;
    if (!Class || Class->isZero())
      continue;
    const DILocation *Inner = I.getDebugLoc().get(), *Outer = Inner;
    while (Outer && Outer->getInlinedAt())
      Outer = Outer->getInlinedAt();
    Out << "# effect " << Blocks << ' ' << Block.getParent()->getName() << ' ';
    if (Outer)
      Out << Outer->getFilename() << ':' << Outer->getLine();
    else
      Out << "?:0";
    Out << ' ' << Class->getZExtValue() << ' '
        << (Inner && Inner != Outer ? Inner->getScope()->getSubprogram()->getName() : "?") << '\n';
  }
}

void Planner::planBlock(BasicBlock &Block, const LoopInfo &Loops) {
  MapVector<Instruction *, SmallVector<uint64_t, 6>> Drawn;
  Instruction *Last = Block.getTerminatingMustTailCall();
  for (uint64_t Class = 0; Class < FaultClasses.size(); ++Class) {
    SmallVector<Candidate, 16> Candidates;
    for (Instruction &I : Block) {
      if (&I == Last)
        break;
      if (isa<PHINode>(I))
        continue;
      SmallVector<unsigned, 4> Ways;
      FaultClasses[Class].find(I, Loops, Ways);
      for (unsigned Way : Ways)
        Candidates.push_back({&I, Way});
    }
    if (Candidates.empty())
      continue;
    const Candidate &C = Candidates[mix(Blocks * FaultClasses.size() + Class + 1) % Candidates.size()];
    ++Sites;
    printSite(*C.At, FaultClasses[Class].Name);
    Drawn[C.At].append({Sites, Class, C.Way});
  }
  for (auto &[At, Numbers] : Drawn)
    At->setMetadata(SiteKind, numberNode(M.getContext(), Numbers));
}

void Planner::planFunction(Function &F) {
  bool HasTwin = reasonWithoutTwin(F).empty();
  DominatorTree Dominators(F);
  LoopInfo Loops(Dominators);
  uint64_t Before = Sites;
  for (BasicBlock &Block : F) {
    Block.getTerminator()->setMetadata(BlockKind, numberNode(M.getContext(), {Blocks}));
    bool Apart = !Requests.contains(Block);
    if (HasTwin && !Apart)
      planBlock(Block, Loops);
    Out << "# block " << Blocks << ' ' << F.getName() << ' ' << Block.sizeWithoutDebug() << '\n';
    if (Apart)
      Out << "# apart " << Blocks << ' ' << F.getName() << '\n';
    else
      printEffects(Block);
    ++Blocks;
  }
  if (Sites != Before)
    F.setMetadata(FunctionKind, numberNode(M.getContext(), {Functions++}));
}

void Planner::writeTable() {
  const std::string &Path = Options::get().Sites;
  if (Path.empty())
    return;
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

void Planner::run() {
  for (Function &F : M)
    if (!F.isDeclaration() && !F.hasFnAttribute(Attribute::Naked))
      planFunction(F);
  if (Functions > FunctionsMax)
    M.getContext().emitError("djed-fault: " + Twine(Functions) +
                             " functions can have faults, but the fault page has "
                             "room for " +
                             Twine(FunctionsMax) + ": split the program");
  M.getOrInsertNamedMetadata(BlocksName)->addOperand(numberNode(M.getContext(), {Blocks}));
  writeTable();
}

PreservedAnalyses FaultPlanPass::run(Module &M, ModuleAnalysisManager &MAM) {
  Planner(M).run();
  return PreservedAnalyses::all();
}
