//===- FaultClasses.cpp - the classes of software faults ------------------===//
//
// The 16 classes of EDFI (Giuffrida, Kuijsten, Tanenbaum: "EDFI: a dependable fault injection tool for
// dependability benchmarking experiments", PRDC 2013), as they can be told in LLVM's intermediate code.
//
//===----------------------------------------------------------------------===//
#include "FaultClasses.h"
#include "Writes.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;
using namespace djed;

using Ways = SmallVectorImpl<unsigned>;

/// Allocators of servers by their names, and who takes back what they gave (in a server where that is one of
/// several holders of it, its share); "": the allocator does not return what it gives. Those that the
/// optimiser has dissolved into their callers are not found.
static constexpr struct {
  const char *Allocate, *Release;
} Allocators[] = {
    {"heap_malloc", "heap_free"},
    {"heap_calloc", "heap_free"},
    {"heap_pages", "heap_pages_free"},
    {"frame_take", "frame_release"},
    {"pool_take", "pool_give"},
    {"node_take", "node_give"},
    {"space_create", "space_release"},
    {"process_create", "process_free"},
    {"object_create", "object_release"},
    {"", "backing_release"},
    {"", "file_drop"},
};

static bool isInteger(Type *T) { return T->isIntegerTy() && T->getIntegerBitWidth() <= 64; }
static bool isNumber(Type *T) { return isInteger(T) && !T->isIntegerTy(1); }
static bool isWord(Type *T) { return isInteger(T) || (T->isPointerTy() && T->getPointerAddressSpace() == 0); }

/// The operand of \p I that is an address which it loads from or stores to, if that is not only the
/// function's own stack; -1 if there is none.
static int accessedAddress(Instruction &I) {
  const Value *Pointer = getLoadStorePointerOperand(&I);
  if (!Pointer || Pointer->getType()->getPointerAddressSpace() != 0)
    return -1;
  SmallVector<const Value *, 4> Objects;
  getUnderlyingObjects(Pointer, Objects, nullptr, 0);
  for (const Value *Object : Objects) {
    auto *Parameter = dyn_cast<Argument>(Object);
    if (!isa<AllocaInst>(Object) && !(Parameter && Parameter->hasByValAttr()))
      return isa<LoadInst>(I) ? LoadInst::getPointerOperandIndex() : StoreInst::getPointerOperandIndex();
  }
  return -1;
}

// swap: the operands of a subtraction, division, shift or order comparison are exchanged. For: a - b written
// as b - a, < for >.
static void findSwap(Instruction &I, const LoopInfo &, Ways &Found) {
  bool Ordered = isa<ICmpInst>(I) && !cast<ICmpInst>(I).isEquality();
  bool Directed = isa<BinaryOperator>(I) && isInteger(I.getType()) && !I.isCommutative();
  if ((Ordered || Directed) && I.getOperand(0) != I.getOperand(1))
    Found.push_back(0);
}
static void plantSwap(FaultStrike &S, Instruction &I, unsigned) {
  S.onResult(I, [&](IRBuilder<> &B) {
    Instruction *Swapped = I.clone();
    Swapped->dropUnknownNonDebugMetadata();
    Swapped->setOperand(0, I.getOperand(1));
    Swapped->setOperand(1, I.getOperand(0));
    return B.Insert(Swapped);
  });
}

// no-load: a load gives zero. For: a variable that was never set, a field that was forgotten.
static void findLoad(Instruction &I, const LoopInfo &, Ways &Found) {
  if (isa<LoadInst>(I) && isWord(I.getType()))
    Found.push_back(0);
}
static void plantNoLoad(FaultStrike &S, Instruction &I, unsigned) {
  S.onResult(I, [&](IRBuilder<> &) { return Constant::getNullValue(I.getType()); });
}

// rnd-load: a load gives an arbitrary value. For: an uninitialised variable, the wrong one.
static void plantRandomLoad(FaultStrike &S, Instruction &I, unsigned) {
  S.onResult(I, [&](IRBuilder<> &B) { return S.arbitrary(B, I.getType()); });
}

// no-store: a store is left out. For: an assignment that was forgotten.
static void findStore(Instruction &I, const LoopInfo &, Ways &Found) {
  if (isa<StoreInst>(I))
    Found.push_back(0);
}
static void plantNoStore(FaultStrike &S, Instruction &I, unsigned) { S.instead(I); }

// flip-branch: a conditional branch goes the other way. For: a condition that was negated by mistake.
static void findBranch(Instruction &I, const LoopInfo &, Ways &Found) {
  auto *Branch = dyn_cast<BranchInst>(&I);
  if (Branch && Branch->isConditional() && Branch->getSuccessor(0) != Branch->getSuccessor(1))
    Found.push_back(0);
}
static void plantFlipBranch(FaultStrike &S, Instruction &I, unsigned) {
  S.onOperand(I, 0, [&](IRBuilder<> &B) { return B.CreateNot(I.getOperand(0)); });
}

// stuck-at-branch: a conditional branch takes one of its sides, the way, whatever its condition is. For: a
// condition that is always, or never, true.
static void findStuckBranch(Instruction &I, const LoopInfo &Loops, Ways &Found) {
  findBranch(I, Loops, Found);
  if (!Found.empty())
    Found.push_back(1);
}
static void plantStuckBranch(FaultStrike &S, Instruction &I, unsigned Way) {
  S.onOperand(I, 0, [&](IRBuilder<> &B) { return B.getInt1(Way); });
}

// stuck-at-loop: a loop's exit is not taken: the way is the value of the condition that stays. For: a loop
// whose end is never reached, or is passed by one. A fault that strikes once makes one iteration too many;
// where the condition is an equality that is all it takes for the loop not to end.
static void findStuckLoop(Instruction &I, const LoopInfo &Loops, Ways &Found) {
  auto *Branch = dyn_cast<BranchInst>(&I);
  Loop *L = Loops.getLoopFor(I.getParent());
  if (!L || !Branch || !Branch->isConditional())
    return;
  bool StaysIfTrue = L->contains(Branch->getSuccessor(0));
  if (StaysIfTrue != L->contains(Branch->getSuccessor(1)))
    Found.push_back(StaysIfTrue);
}

// flip-bool: a truth value is inverted. For: a negation that was forgotten, == for !=.
static void findBool(Instruction &I, const LoopInfo &, Ways &Found) {
  if (I.getType()->isIntegerTy(1) && !I.isTerminator())
    Found.push_back(0);
}
static void plantFlipBool(FaultStrike &S, Instruction &I, unsigned) {
  S.onResult(I, [&](IRBuilder<> &B) { return B.CreateNot(&I); });
}

static void findAccess(Instruction &I, const LoopInfo &, Ways &Found) {
  int Operand = accessedAddress(I);
  if (Operand >= 0)
    Found.push_back(Operand);
}

// corrupt-pointer: an access goes through an arbitrary pointer. Its upper half is zero, as the servers' own
// pointers are, so that some lead to memory that is there. For: a pointer that was never set, a wild one. Not
// for stores that djed-undo leaves out: it would log those that go right, too, as it cannot tell them apart.
static void findPointer(Instruction &I, const LoopInfo &Loops, Ways &Found) {
  std::string Object;
  auto *Store = dyn_cast<StoreInst>(&I);
  if (!Store || classify({Write::Fixed, &I, Store->getPointerOperand()}, Object) == Target::Memory)
    findAccess(I, Loops, Found);
}
static void plantCorruptPointer(FaultStrike &S, Instruction &I, unsigned Way) {
  S.onOperand(I, Way, [&](IRBuilder<> &B) {
    Value *Low = B.CreateZExt(S.arbitrary(B, B.getInt32Ty()), B.getInt64Ty());
    return B.CreateIntToPtr(Low, I.getOperand(Way)->getType());
  });
}

// null-pointer: an access goes through a null pointer, which stops the server there and then: fail-stop. For:
// a missing test. A load stands for a store, too: djed-undo would read the old bytes before a store.
static void plantNullPointer(FaultStrike &S, Instruction &I, unsigned) {
  S.crash(I,
          [&](IRBuilder<> &B) { B.CreateLoad(B.getInt8Ty(), ConstantPointerNull::get(B.getPtrTy()), true); });
}

// corrupt-index: an index of an array, or an offset that was worked out, is one too high; the way is the
// operand. For: counting from the wrong end, <= for <.
static void findIndex(Instruction &I, const LoopInfo &, Ways &Found) {
  if (isa<GetElementPtrInst>(I))
    for (unsigned Operand = 1; Operand < I.getNumOperands(); ++Operand)
      if (isNumber(I.getOperand(Operand)->getType()) && !isa<Constant>(I.getOperand(Operand)))
        Found.push_back(Operand);
}
static void plantCorruptIndex(FaultStrike &S, Instruction &I, unsigned Way) {
  S.onOperand(I, Way, [&](IRBuilder<> &B) {
    return B.CreateAdd(I.getOperand(Way), ConstantInt::get(I.getOperand(Way)->getType(), 1));
  });
}

// corrupt-integer: a number that is worked with, compared, stored or returned is one too high, or arbitrary:
// the way is the operand's number, doubled, plus one for arbitrary. For: a wrong constant, a wrong variable.
static void findInteger(Instruction &I, const LoopInfo &, Ways &Found) {
  bool Both = isa<BinaryOperator>(I) || isa<ICmpInst>(I);
  bool First = isa<StoreInst>(I) || isa<ReturnInst>(I);
  unsigned Operands = std::min(Both ? 2u : First ? 1u : 0u, I.getNumOperands());
  for (unsigned Operand = 0; Operand < Operands; ++Operand)
    if (isNumber(I.getOperand(Operand)->getType()))
      Found.append({2 * Operand, 2 * Operand + 1});
}
static void plantCorruptInteger(FaultStrike &S, Instruction &I, unsigned Way) {
  Value *Old = I.getOperand(Way / 2);
  S.onOperand(I, Way / 2, [&](IRBuilder<> &B) {
    return Way % 2 ? S.arbitrary(B, Old->getType()) : B.CreateAdd(Old, ConstantInt::get(Old->getType(), 1));
  });
}

// corrupt-operator: another operator: + for -, & for |, a shift the other way, the remainder for the
// quotient. For: a slip of the pen.
static void findOperator(Instruction &I, const LoopInfo &, Ways &Found) {
  if (isa<BinaryOperator>(I) && isInteger(I.getType()))
    Found.push_back(0);
}
static Instruction::BinaryOps otherOperator(unsigned Operator) {
  switch (Operator) {
  case Instruction::Add:
    return Instruction::Sub;
  case Instruction::Sub:
  case Instruction::Mul:
    return Instruction::Add;
  case Instruction::And:
    return Instruction::Or;
  case Instruction::Or:
  case Instruction::Xor:
    return Instruction::And;
  case Instruction::Shl:
    return Instruction::LShr;
  case Instruction::LShr:
  case Instruction::AShr:
    return Instruction::Shl;
  case Instruction::UDiv:
    return Instruction::URem;
  case Instruction::SDiv:
    return Instruction::SRem;
  case Instruction::URem:
    return Instruction::UDiv;
  default: // SRem; no operator on floating-point numbers is a candidate
    return Instruction::SDiv;
  }
}
static void plantCorruptOperator(FaultStrike &S, Instruction &I, unsigned) {
  S.onResult(I, [&](IRBuilder<> &B) {
    return B.CreateBinOp(otherOperator(I.getOpcode()), I.getOperand(0), I.getOperand(1));
  });
}

// buffer-overflow: memory is copied, moved or set 64 bytes too far. For: the size of something else, a length
// that was not bounded. 64 is more than any padding, and less than a page.
static void findCopy(Instruction &I, const LoopInfo &, Ways &Found) {
  auto *Call = dyn_cast<CallInst>(&I);
  if (!Call)
    return;
  if (auto *Copy = dyn_cast<MemIntrinsic>(Call)) {
    if (!isa<MemCpyInlineInst>(Copy) && !isa<MemSetInlineInst>(Copy))
      Found.push_back(2);
    return;
  }
  const Function *Callee = Call->getCalledFunction();
  if (Callee && Call->arg_size() == 3 && isNumber(Call->getArgOperand(2)->getType()) &&
      StringSwitch<bool>(Callee->getName()).Cases("memcpy", "memmove", "memset", true).Default(false))
    Found.push_back(2);
}
static void plantBufferOverflow(FaultStrike &S, Instruction &I, unsigned Way) {
  auto &Call = cast<CallInst>(I);
  for (unsigned Argument = 0; Argument < Way; ++Argument)
    Call.removeParamAttr(Argument, Attribute::Dereferenceable);
  S.onOperand(I, Way, [&](IRBuilder<> &B) {
    return B.CreateAdd(I.getOperand(Way), ConstantInt::get(I.getOperand(Way)->getType(), 64));
  });
}

/// The function that \p I calls by its name, or null.
static Function *calledFunction(Instruction &I) {
  auto *Call = dyn_cast<CallInst>(&I);
  return Call ? Call->getCalledFunction() : nullptr;
}

// mem-leak: an object is not given back. For: a forgotten free().
static void findRelease(Instruction &I, const LoopInfo &, Ways &Found) {
  Function *Callee = calledFunction(I);
  if (Callee && I.use_empty() && any_of(Allocators, [&](auto &A) { return Callee->getName() == A.Release; }))
    Found.push_back(0);
}
static void plantLeak(FaultStrike &S, Instruction &I, unsigned) { S.instead(I); }

// dangling-pointer: an object that was just allocated, the way's kind, is given back and used on. For: free()
// too soon, or of the wrong object.
static void findAllocation(Instruction &I, const LoopInfo &, Ways &Found) {
  Function *Callee = calledFunction(I);
  if (!Callee)
    return;
  for (unsigned Kind = 0; Kind < std::size(Allocators); ++Kind) {
    Function *Release = I.getModule()->getFunction(Allocators[Kind].Release);
    if (Callee->getName() == Allocators[Kind].Allocate && Release && Release->arg_size() == 1 &&
        Release->getArg(0)->getType() == I.getType())
      Found.push_back(Kind);
  }
}
static void plantDangling(FaultStrike &S, Instruction &I, unsigned Way) {
  Function *Release = I.getModule()->getFunction(Allocators[Way].Release);
  S.after(I, [&](IRBuilder<> &B) {
    // Nothing, or number 0, was given where there is no more; releasing that may panic.
    Value *Given = B.CreateIsNotNull(&I);
    B.SetInsertPoint(SplitBlockAndInsertIfThen(Given, &*B.GetInsertPoint(), false));
    B.CreateCall(Release, {&I})->setCallingConv(Release->getCallingConv());
  });
}

static const FaultClass Table[] = {
    {"swap", findSwap, plantSwap},
    {"no-load", findLoad, plantNoLoad},
    {"rnd-load", findLoad, plantRandomLoad},
    {"no-store", findStore, plantNoStore},
    {"flip-branch", findBranch, plantFlipBranch},
    {"stuck-at-branch", findStuckBranch, plantStuckBranch},
    {"stuck-at-loop", findStuckLoop, plantStuckBranch},
    {"flip-bool", findBool, plantFlipBool},
    {"corrupt-pointer", findPointer, plantCorruptPointer},
    {"null-pointer", findAccess, plantNullPointer},
    {"corrupt-index", findIndex, plantCorruptIndex},
    {"corrupt-integer", findInteger, plantCorruptInteger},
    {"corrupt-operator", findOperator, plantCorruptOperator},
    {"buffer-overflow", findCopy, plantBufferOverflow},
    {"mem-leak", findRelease, plantLeak},
    {"dangling-pointer", findAllocation, plantDangling},
};
const ArrayRef<FaultClass> djed::FaultClasses = Table;
