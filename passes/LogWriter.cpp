//===- LogWriter.cpp - the code that makes a record -----------------------===//
#include "LogWriter.h"
#include "Options.h"
#include "Runtime.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace djed;

/// Bytes. At most DJED_UNDO_SHORT_MAX.
static constexpr uint64_t InlineMax = 64;

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

/// Makes all \p Records, whose places are the same, with one update of the top.
Value *LogWriter::writeInline(IRBuilder<> &B, ArrayRef<const Record *> Records, Value *KnownTop) {
  Value *Place = KnownTop ? KnownTop : B.CreateAlignedLoad(Pointer, Top, Align(8), "djed.top");
  auto At = [&](Value *Base, int64_t Offset) {
    return Offset == 0 ? Base : B.CreateConstGEP1_64(B.getInt8Ty(), Base, Offset);
  };
  int64_t Used = 0;
  for (const Record *R : Records) {
    for (uint64_t Done = 0; Done < R->Size; Done += 8, Used += 8) {
      unsigned Bits = unsigned(std::min<uint64_t>(8, R->Size - Done)) * 8;
      Value *From = At(R->Base, R->Offset + int64_t(Done));
      Value *Old = B.CreateAlignedLoad(B.getIntNTy(Bits), From, Align(1), "djed.old");
      Value *To = At(Place, Used);
      B.CreateAlignedStore(B.CreateZExt(Old, Word), To, Align(8));
    }
    // The size goes over the address's top byte, which is zero: shorter than computing the word.
    Value *Header = At(Place, Used);
    B.CreateAlignedStore(B.CreatePtrToInt(At(R->Base, R->Offset), Word), Header, Align(8));
    B.CreateAlignedStore(B.getInt8(uint8_t(R->Size)), At(Place, Used + 7), Align(1));
    Used += 8;
  }
  Value *NewTop = At(Place, Used);
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

/// Makes a record that the inline path does not cover.
void LogWriter::writeOutOfLine(IRBuilder<> &B, const Record &R) {
  if (R.Whole) {
    writeWhole(B, *R.Whole);
  } else if (R.Length || R.Size <= InlineMax || !Options::get().isBroken("long")) {
    Value *Address = R.Offset ? B.CreateConstGEP1_64(B.getInt8Ty(), R.Base, R.Offset) : R.Base;
    writeCall(B, Address, R.Length ? R.Length : B.getInt64(R.Size));
  }
}

void LogWriter::write(ArrayRef<Record> Records, bool OutOfLine, FunctionReport &Report) {
  // Where the top is after the last inline records of a block, as long as nothing else can have moved it.
  BasicBlock *Block = nullptr;
  Instruction *Last = nullptr;
  Value *LastTop = nullptr;
  for (size_t First = 0, End; First < Records.size(); First = End) {
    Instruction *Before = Records[First].Before;
    IRBuilder<> B(Before);
    SmallVector<const Record *, 4> Inline;
    bool Called = false;
    for (End = First; End < Records.size() && Records[End].Before == Before; ++End) {
      const Record &R = Records[End];
      if (!R.Whole && !R.Length && R.Size <= InlineMax && !OutOfLine) {
        Inline.push_back(&R);
        continue;
      }
      writeOutOfLine(B, R);
      Called = true;
    }
    Report.Records += End - First;
    Report.Inline += Inline.size();
    Report.Calls += End - First - Inline.size();
    if (Block != Before->getParent() || Called)
      LastTop = nullptr;
    for (Instruction *I = Last; LastTop && I != Before; I = I->getNextNode())
      if (isa<CallBase>(I) && !isa<IntrinsicInst>(I))
        LastTop = nullptr;
    if (!Inline.empty())
      LastTop = writeInline(B, Inline, LastTop);
    Block = Before->getParent();
    Last = Before;
  }
}
