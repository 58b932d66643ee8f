//===- Writes.cpp - which instructions write which memory -----------------===//
#include "Writes.h"
#include "Options.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace djed;

static bool broken(StringRef Case) { return Options::get().isBroken(Case); }

static void addFixed(SmallVectorImpl<Write> &Writes, Instruction &I, Value *Pointer, uint64_t Size) {
  if (Size > 0)
    Writes.push_back({Write::Fixed, &I, Pointer, Size});
}

/// A length that is a constant becomes a fixed size, so that it can be merged and dominated.
static void addLength(SmallVectorImpl<Write> &Writes, Instruction &I, Value *Pointer, Value *Length) {
  if (auto *Constant = dyn_cast<ConstantInt>(Length))
    addFixed(Writes, I, Pointer, Constant->getZExtValue());
  else
    Writes.push_back({Write::Dynamic, &I, Pointer, 0, Length});
}

static const char *storeCase(const StoreInst &Store) {
  Type *Stored = Store.getValueOperand()->getType();
  if (Store.isAtomic())
    return "atomicstore";
  if (Stored->isVectorTy())
    return "vector";
  TypeSize Bits = Store.getModule()->getDataLayout().getTypeSizeInBits(Stored);
  return Bits.isFixed() && isPowerOf2_64(Bits.getFixedValue()) && Bits.getFixedValue() >= 8 ? "store" : "odd";
}

static bool findVectorWrites(IntrinsicInst &I, SmallVectorImpl<Write> &Writes, std::string &Refusal) {
  auto *Vector = dyn_cast<FixedVectorType>(I.getArgOperand(0)->getType());
  if (!Vector) {
    Refusal = "stores a vector of unknown length";
    return false;
  }
  const DataLayout &DL = I.getModule()->getDataLayout();
  uint64_t Bits = DL.getTypeSizeInBits(Vector->getElementType()).getFixedValue();
  if (Bits % 8 != 0) {
    Refusal = "stores a masked vector of elements that are not whole bytes";
    return false;
  }
  if (broken("masked"))
    return true;
  Write W{Write::Lanes, &I, I.getArgOperand(1), Bits / 8};
  W.Mask = I.getArgOperand(I.arg_size() - 1);
  if (I.getIntrinsicID() == Intrinsic::masked_scatter)
    W.Is = Write::Scatter;
  else if (I.getIntrinsicID() == Intrinsic::masked_compressstore)
    W.Is = Write::Compress;
  Writes.push_back(W);
  return true;
}

static bool findIntrinsicWrites(IntrinsicInst &I, SmallVectorImpl<Write> &Writes, std::string &Refusal) {
  switch (I.getIntrinsicID()) {
  case Intrinsic::memcpy:
  case Intrinsic::memcpy_inline:
  case Intrinsic::memcpy_element_unordered_atomic:
    if (!broken("memcpy"))
      addLength(Writes, I, I.getArgOperand(0), I.getArgOperand(2));
    return true;
  case Intrinsic::memmove:
  case Intrinsic::memmove_element_unordered_atomic:
    if (!broken("memmove"))
      addLength(Writes, I, I.getArgOperand(0), I.getArgOperand(2));
    return true;
  case Intrinsic::memset:
  case Intrinsic::memset_inline:
  case Intrinsic::memset_element_unordered_atomic:
    if (!broken("memset"))
      addLength(Writes, I, I.getArgOperand(0), I.getArgOperand(2));
    return true;
  case Intrinsic::masked_store:
  case Intrinsic::masked_scatter:
  case Intrinsic::masked_compressstore:
    return findVectorWrites(I, Writes, Refusal);
  case Intrinsic::vastart:
  case Intrinsic::vacopy:
    // The System V va_list of x86_64: two offsets and two pointers.
    if (!broken("va"))
      addFixed(Writes, I, I.getArgOperand(0), 24);
    return true;
  case Intrinsic::vaend:
  case Intrinsic::prefetch:
  case Intrinsic::stacksave:
  case Intrinsic::stackrestore:
  case Intrinsic::lifetime_start:
  case Intrinsic::lifetime_end:
  case Intrinsic::invariant_start:
  case Intrinsic::invariant_end:
  case Intrinsic::assume:
  case Intrinsic::experimental_noalias_scope_decl:
  case Intrinsic::readcyclecounter:
  case Intrinsic::ubsantrap: // ends in an exception
    return true;
  default:
    if (I.onlyReadsMemory() || I.onlyAccessesInaccessibleMemory() || isa<DbgInfoIntrinsic>(I))
      return true;
    Refusal = ("uses the intrinsic " + I.getCalledFunction()->getName() + ", which may write memory").str();
    return false;
  }
}

/// Instructions whose clobber of "memory" only orders: whatever they change is outside of this program, or is
/// logged by the runtime's functions around the system call.
static bool isHarmlessAssembly(StringRef Text) {
  StringRef Word =
      Text.ltrim().take_until([](char C) { return C == ' ' || C == '\t' || C == ';' || C == '\n'; });
  if (Text.find_first_of(";\n") != StringRef::npos && Text.trim(" \t\n;") != Word)
    return false;
  return StringSwitch<bool>(Word)
      .Cases("", "syscall", "pause", "nop", true)
      .Cases("mfence", "lfence", "sfence", true)
      .Cases("inb", "inw", "inl", "outb", "outw", "outl", true)
      .Cases("in", "out", "rdtsc", "cpuid", "ud2", true)
      .Default(false);
}

static bool findAssemblyWrites(CallBase &Call, SmallVectorImpl<Write> &Writes, std::string &Refusal) {
  auto *Assembly = cast<InlineAsm>(Call.getCalledOperand());
  const DataLayout &DL = Call.getModule()->getDataLayout();
  bool Clobbers = false;
  unsigned Argument = 0;
  for (const InlineAsm::ConstraintInfo &C : Assembly->ParseConstraints()) {
    if (C.Type == InlineAsm::isClobber) {
      Clobbers |= is_contained(C.Codes, "{memory}");
      continue;
    }
    if (C.Type == InlineAsm::isLabel)
      continue;
    bool TakesArgument = C.Type == InlineAsm::isInput || C.isIndirect;
    if (!TakesArgument)
      continue;
    if (C.Type == InlineAsm::isOutput) {
      TypeSize Size = DL.getTypeStoreSize(Call.getParamElementType(Argument));
      if (!broken("asm"))
        addFixed(Writes, Call, Call.getArgOperand(Argument), Size.getFixedValue());
    }
    ++Argument;
  }
  if (Clobbers && !isHarmlessAssembly(Assembly->getAsmString())) {
    Refusal =
        "has inline assembly \"" + Assembly->getAsmString() +
        "\" that clobbers memory: name what it writes as a \"=m\" output instead, or move it to the runtime";
    return false;
  }
  return true;
}

bool djed::logsItself(StringRef Name) {
  return Name.starts_with("djed_") || Name.starts_with("kernel_") || Name.starts_with("__llvm_profile_") ||
         Name.starts_with("__ubsan_handle_");
}

/// External functions that write nothing but registers, or never come back.
static bool isKnownHarmless(StringRef Name) {
  return StringSwitch<bool>(Name)
      .Cases("memcmp", "bcmp", "memchr", "strlen", "strnlen", true)
      .Cases("strcmp", "strncmp", "strchr", "strrchr", "strstr", true)
      .Cases("abort", "exit", "_exit", "__assert_fail", "__stack_chk_fail", true)
      .Default(false);
}

namespace {
enum class Length { None, ThirdArgument, SecondArgument, SourceString };
} // namespace

/// How much an external function of this name writes at its first argument.
static Length lengthWritten(StringRef Name) {
  return StringSwitch<Length>(Name)
      .Cases("memcpy", "memmove", "memset", "mempcpy", Length::ThirdArgument)
      .Cases("strncpy", "stpncpy", Length::ThirdArgument)
      .Cases("bzero", "explicit_bzero", Length::SecondArgument)
      .Cases("strcpy", "stpcpy", Length::SourceString)
      .Default(Length::None);
}

bool djed::isLoggedAtCalls(StringRef Name) { return lengthWritten(Name) != Length::None; }

static bool findExternalWrites(CallBase &Call, const Function &Callee, SmallVectorImpl<Write> &Writes,
                               std::string &Refusal) {
  StringRef Name = Callee.getName();
  Length Is = lengthWritten(Name);
  if (Is != Length::None && Call.arg_size() >= (Is == Length::ThirdArgument ? 3u : 2u)) {
    if (broken("call"))
      return true;
    if (Is == Length::SourceString)
      Writes.push_back({Write::String, &Call, Call.getArgOperand(0), 0, Call.getArgOperand(1)});
    else
      addLength(Writes, Call, Call.getArgOperand(0), Call.getArgOperand(Is == Length::ThirdArgument ? 2 : 1));
    return true;
  }
  if (logsItself(Name) || isKnownHarmless(Name) || Call.onlyReadsMemory())
    return true;
  Refusal = ("calls " + Name +
             ", which is outside of the instrumented program: what it writes could not be undone (link its "
             "source in, or "
             "give it a djed_ wrapper in the runtime that logs)")
                .str();
  return false;
}

static bool findCallWrites(CallBase &Call, SmallVectorImpl<Write> &Writes, std::string &Refusal) {
  if (auto *Intrinsic = dyn_cast<IntrinsicInst>(&Call))
    return findIntrinsicWrites(*Intrinsic, Writes, Refusal);
  if (Call.isInlineAsm())
    return findAssemblyWrites(Call, Writes, Refusal);
  auto *Callee = dyn_cast<Function>(Call.getCalledOperand()->stripPointerCastsAndAliases());
  if (!Callee || !Callee->isDeclaration())
    return true; // defined here, or reached through a pointer: the function called logs
  return findExternalWrites(Call, *Callee, Writes, Refusal);
}

bool djed::findWrites(Instruction &I, SmallVectorImpl<Write> &Writes, std::string &Refusal) {
  const DataLayout &DL = I.getModule()->getDataLayout();
  if (auto *Store = dyn_cast<StoreInst>(&I)) {
    TypeSize Size = DL.getTypeStoreSize(Store->getValueOperand()->getType());
    if (Size.isScalable()) {
      Refusal = "stores a vector of unknown length";
      return false;
    }
    if (!broken(storeCase(*Store)))
      addFixed(Writes, I, Store->getPointerOperand(), Size.getFixedValue());
  } else if (auto *Exchange = dyn_cast<AtomicRMWInst>(&I)) {
    if (!broken("atomicrmw"))
      addFixed(Writes, I, Exchange->getPointerOperand(),
               DL.getTypeStoreSize(Exchange->getType()).getFixedValue());
  } else if (auto *Compare = dyn_cast<AtomicCmpXchgInst>(&I)) {
    if (!broken("cmpxchg"))
      addFixed(Writes, I, Compare->getPointerOperand(),
               DL.getTypeStoreSize(Compare->getNewValOperand()->getType()).getFixedValue());
  } else if (auto *Call = dyn_cast<CallBase>(&I)) {
    return findCallWrites(*Call, Writes, Refusal);
  } else if (isa<VAArgInst>(&I)) {
    if (!broken("va"))
      addFixed(Writes, I, I.getOperand(0), 24);
  } else if (I.mayWriteToMemory() && !isa<FenceInst>(&I) && !isa<LoadInst>(&I)) {
    Refusal =
        (Twine("has an instruction that may write memory and is not understood: ") + I.getOpcodeName()).str();
    return false;
  }
  return true;
}

/// The object of the runtime that \p Object is, or "".
static std::string exemptObject(const Value *Object) {
  if (auto *Global = dyn_cast<GlobalVariable>(Object)) {
    StringRef Section = Global->getSection();
    if (Section.starts_with(".djed.") || Section.starts_with("__llvm_prf_") ||
        Section.starts_with("__llvm_cov"))
      return ("object " + Global->getName() + " section " + Section).str();
  }
  // The message page is written anew for each message, and the kernel reads it at once.
  if (auto *Call = dyn_cast<CallBase>(Object))
    if (const Function *Callee = Call->getCalledFunction())
      if (Callee->getName() == "djed_out")
        return "object djed_out() section .djed.ipc";
  return "";
}

Target djed::classify(const Write &W, std::string &Object) {
  auto *Pointer = dyn_cast<PointerType>(W.Pointer->getType());
  if (!Pointer)
    return Target::Memory; // a vector of pointers
  if (Pointer->getAddressSpace() == 1)
    return Target::Device;
  SmallVector<const Value *, 4> Objects;
  getUnderlyingObjects(W.Pointer, Objects, nullptr, 0);
  bool AllStack = true;
  for (const Value *V : Objects) {
    auto *Parameter = dyn_cast<Argument>(V);
    bool Stack = isa<AllocaInst>(V) || (Parameter && Parameter->hasByValAttr());
    std::string Name = Stack ? "" : exemptObject(V);
    if (!Stack && Name.empty())
      return Target::Memory;
    if (!Stack) {
      AllStack = false;
      Object = Name;
    }
  }
  return AllStack ? Target::Stack : Target::Exempt;
}
