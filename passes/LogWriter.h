//===- LogWriter.h - the code that makes a record -------------------------===//
//
// The inline path for up to 64 bytes whose number is known, here for 8 (runtime/include/djed/undo.h has the
// format):
//
//   %top = load ptr, ptr @djed_log_top
//   %old = load i64, ptr %p
//   store i64 %old, ptr %top
//   store i64 (ptrtoint %p), ptr (%top + 8)
//   store i8 8, ptr (%top + 15)                                 ; the header's top byte
//   ... further records of the same place ...
//   store atomic ptr (%top + 16), ptr @djed_log_top release
//   fence syncscope("singlethread") seq_cst                     ; no instruction: keeps the order
//
// Everything else is a call of djed_undo_range.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_LOGWRITER_H
#define DJED_PASSES_LOGWRITER_H

#include "Records.h"
#include "llvm/IR/IRBuilder.h"

namespace djed {

class LogWriter {
  llvm::Module &M;
  const llvm::DataLayout &DL;
  llvm::Constant *Top;        ///< @djed_log_top
  llvm::FunctionCallee Range; ///< djed_undo_range
  llvm::Type *Word;
  llvm::PointerType *Pointer;

public:
  explicit LogWriter(llvm::Module &M);

  /// Inserts the code of all \p Records of one function. With \p OutOfLine everything becomes a call, which
  /// tests whether a window is open.
  void write(llvm::ArrayRef<Record> Records, bool OutOfLine, FunctionReport &Report);

private:
  void writeCall(llvm::IRBuilder<> &B, llvm::Value *Address, llvm::Value *Length);
  llvm::Value *writeInline(llvm::IRBuilder<> &B, llvm::ArrayRef<const Record *> Records,
                           llvm::Value *KnownTop);
  void writeOutOfLine(llvm::IRBuilder<> &B, const Record &R);
  void writeWhole(llvm::IRBuilder<> &B, const Write &W);
};

} // namespace djed

#endif
