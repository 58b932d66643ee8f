//===- Requests.cpp - which blocks can run while a server serves ------------===//
#include "Requests.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;
using namespace djed;

namespace {

/// The members of struct djed_server (runtime/include/djed/server.h) that do not serve, or only what has
/// crashed before; all others do.
enum ServerMember { Init = 0, Audit = 3, Failed = 4 };

/// What djed_log, djed_panic and djed_violation call: the name that os/lib/include/stdio.h gives to
/// vsnprintf.
constexpr const char *Formatter = "lib_vsnprintf";

/// What the native runtime calls only when a server starts (djed_trace_prepare).
constexpr const char *StartUp = "command_line_value";

class Walk {
  Module &M;
  DenseSet<const BasicBlock *> &Blocks;
  DenseSet<const Constant *> Seen;
  SmallVector<const Constant *, 32> Pending;

  void visitFunction(const Function &F);
  void visitOperands(const User &U);

public:
  Walk(Module &M, DenseSet<const BasicBlock *> &Blocks) : M(M), Blocks(Blocks) {}
  void add(const Value *V) {
    if (auto *C = dyn_cast_or_null<Constant>(V); C && Seen.insert(C).second)
      Pending.push_back(C);
  }
  void run();
};

} // namespace

/// The blocks of \p F from which every path ends in `unreachable`.
static DenseSet<const BasicBlock *> doomedBlocks(const Function &F) {
  DenseSet<const BasicBlock *> Doomed;
  for (const BasicBlock &Block : F)
    if (isa<UnreachableInst>(Block.getTerminator()))
      Doomed.insert(&Block);
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (const BasicBlock &Block : F)
      if (!succ_empty(&Block) && !Doomed.contains(&Block) &&
          all_of(successors(&Block), [&](const BasicBlock *Next) { return Doomed.contains(Next); })) {
        Doomed.insert(&Block);
        Changed = true;
      }
  }
  return Doomed;
}

void Walk::visitOperands(const User &U) {
  for (const Value *Operand : U.operands())
    add(Operand);
}

void Walk::visitFunction(const Function &F) {
  if (F.getName() == "djed_log")
    add(M.getFunction(Formatter));
  if (F.isDeclaration())
    return;
  DenseSet<const BasicBlock *> Doomed = doomedBlocks(F);
  SmallVector<const BasicBlock *, 32> Next = {&F.getEntryBlock()};
  while (!Next.empty()) {
    const BasicBlock *Block = Next.pop_back_val();
    if (Doomed.contains(Block) || !Blocks.insert(Block).second)
      continue;
    for (const Instruction &I : *Block)
      visitOperands(I);
    append_range(Next, successors(Block));
  }
}

void Walk::run() {
  while (!Pending.empty()) {
    const Constant *C = Pending.pop_back_val();
    if (auto *F = dyn_cast<Function>(C))
      visitFunction(*F);
    else
      visitOperands(*C); // of a global: its initialiser
  }
}

RequestBlocks::RequestBlocks(Module &M) {
  const GlobalVariable *Server = M.getGlobalVariable("djed_server", true);
  auto *Members =
      Server && Server->hasInitializer() ? dyn_cast<ConstantStruct>(Server->getInitializer()) : nullptr;
  if (!Members || Members->getNumOperands() <= Audit) {
    Everything = true;
    return;
  }
  Walk W(M, Blocks);
  for (unsigned Member = 0; Member < Members->getNumOperands(); ++Member)
    if (Member != Init && Member != Audit && Member != Failed)
      W.add(Members->getOperand(Member));
  for (const Function &F : M)
    if (!F.isDeclaration() && !F.hasLocalLinkage() && F.getName() != Formatter && F.getName() != StartUp)
      W.add(&F);
  W.run();
}
