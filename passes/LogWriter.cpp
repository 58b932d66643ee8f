//===- LogWriter.cpp - the code that makes a record -----------------------===//
#include "LogWriter.h"
#include "Options.h"
#include "Runtime.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace djed;

namespace {
constexpr uint64_t InlineMax = 64; ///< Bytes. At most DJED_UNDO_SHORT_MAX.
constexpr unsigned SizeShift = 56;
} // namespace

LogWriter::LogWriter(Module &M) : M(M), DL(M.getDataLayout()) {
  LLVMContext &Context = M.getContext();
  Pointer = PointerType::getUnqual(Context);
  Word = Type::getInt64Ty(Context);
  Top = runtimeVariable(M, "djed_log_top", Pointer);
  AttributeList Attributes =
      AttributeList::get(Context, AttributeList::FunctionIndex, {Attribute::NoUnwind, Attribute::WillReturn});
  Range = M.getOrInsertFunction("djed_undo_range", Attributes, Type::getVoidTy(Context), Pointer, Word);
}

void LogWriter::writeCall(IRBuilder<> &B, Value *Address, Value *Length) {
  B.CreateCall(Range, {Address, B.CreateZExtOrTrunc(Length, Word)});
}

Value *LogWriter::writeInline(IRBuilder<> &B, Value *Address, uint64_t Size, Value *KnownTop) {
  Value *Place = KnownTop ? KnownTop : B.CreateAlignedLoad(Pointer, Top, Align(8), "djed.top");
  auto At = [&](Value *Base, uint64_t Offset) {
    return Offset == 0 ? Base : B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Base, Offset);
  };
  uint64_t Done = 0;
  for (; Done < Size; Done += 8) {
    uint64_t Bytes = std::min<uint64_t>(8, Size - Done);
    Value *Old =
        B.CreateAlignedLoad(B.getIntNTy(unsigned(Bytes) * 8), At(Address, Done), Align(1), "djed.old");
    B.CreateAlignedStore(B.CreateZExt(Old, Word), At(Place, Done), Align(8));
  }
  Value *Header = B.CreateOr(B.CreatePtrToInt(Address, Word), Size << SizeShift);
  B.CreateAlignedStore(Header, At(Place, Done), Align(8));
  Value *NewTop = At(Place, Done + 8);
  B.CreateAlignedStore(NewTop, Top, Align(8))->setAtomic(AtomicOrdering::Release, SyncScope::SingleThread);
  B.CreateFence(AtomicOrdering::SequentiallyConsistent, SyncScope::SingleThread);
  return NewTop;
}

/// A write that depends on more than an address and a length is logged piece by piece.
void LogWriter::writeWhole(IRBuilder<> &B, const Write &W) {
  if (W.Is == Write::String) {
    FunctionCallee Strlen = M.getOrInsertFunction("strlen", Word, Pointer);
    writeCall(B, W.Pointer, B.CreateAdd(B.CreateCall(Strlen, {W.Length}), B.getInt64(1)));
    return;
  }
  unsigned Lanes = cast<FixedVectorType>(W.Mask->getType())->getNumElements();
  Value *Size = B.getInt64(W.Size), *None = B.getInt64(0), *Sum = None;
  for (unsigned Lane = 0; Lane < Lanes; ++Lane) {
    Value *Length = B.CreateSelect(B.CreateExtractElement(W.Mask, Lane), Size, None);
    if (W.Is == Write::Compress)
      Sum = B.CreateAdd(Sum, Length);
    else if (W.Is == Write::Scatter)
      writeCall(B, B.CreateExtractElement(W.Pointer, Lane), Length);
    else
      writeCall(B, Lane ? B.CreateConstGEP1_64(B.getInt8Ty(), W.Pointer, Lane * W.Size) : W.Pointer, Length);
  }
  if (W.Is == Write::Compress)
    writeCall(B, W.Pointer, Sum);
}

void LogWriter::write(ArrayRef<Record> Records, bool OutOfLine, FunctionReport &Report) {
  // Where the top is after the last inline record of a block, as long as nothing else can have moved it.
  DenseMap<BasicBlock *, std::pair<Instruction *, Value *>> Known;
  for (const Record &R : Records) {
    IRBuilder<> B(R.Before);
    ++Report.Records;
    if (R.Whole) {
      writeWhole(B, *R.Whole);
      Known.erase(R.Before->getParent());
      ++Report.Calls;
      continue;
    }
    Value *Address = R.Offset ? B.CreateConstGEP1_64(B.getInt8Ty(), R.Base, R.Offset) : R.Base;
    if (R.Length || R.Size > InlineMax || OutOfLine) {
      if (R.Length || R.Size <= InlineMax || !Options::get().isBroken("long"))
        writeCall(B, Address, R.Length ? R.Length : B.getInt64(R.Size));
      Known.erase(R.Before->getParent());
      ++Report.Calls;
      continue;
    }
    auto &[Last, LastTop] = Known[R.Before->getParent()];
    Value *Usable = LastTop;
    if (LastTop)
      for (Instruction *I = Last; I != R.Before; I = I->getNextNode())
        if (!I || (isa<CallBase>(I) && !isa<IntrinsicInst>(I))) {
          Usable = nullptr;
          break;
        }
    LastTop = writeInline(B, Address, R.Size, Usable);
    Last = R.Before;
    ++Report.Inline;
  }
}
