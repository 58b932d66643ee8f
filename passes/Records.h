//===- Records.h - where which bytes are logged ---------------------------===//
//
// Turns the writes of a function into as few log records as rollback needs:
//
//   merged     stores of one base in a block share a record of their hull
//
//       p->a = 1; p->b = 2;            log(p, 16); p->a = 1; p->b = 2;
//
//   dominated  a record is dropped if one of a covering range is made on every path to it
//   hoisted    a record whose address does not change in a loop moves in front of it
//   ranges     records that walk an array with the loop become one range in front of it
//
//       for (i = 0; i < n; i++)        log(a, n * 4);
//         a[i] = 0;                    for (i = 0; i < n; i++) a[i] = 0;
//
//   gathered   records of different bases in a block are made at the place of the first one, where they share
//   the
//              update of the log's top
//
// Why this is sound. Rollback undoes records last to first, so of several records of a byte the first counts,
// and a record may always be made earlier than its write, as long as the log is not reset in between (which
// happens only between two deliveries, when no instrumented function is active) and the bytes can be read
// there. That they can follows from one of two things: the write will happen for certain once the record's
// place is reached (nothing on the way may fail to return), or the object is known to be there. Bytes in a
// hull's gap go back to what they held when the record was made; between there and rollback only logged
// writes change them, because what others write (device registers, DMA) is not in ordinary objects
// (DJED_DEVICE).
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_RECORDS_H
#define DJED_PASSES_RECORDS_H

#include "Report.h"
#include "Writes.h"
#include "llvm/IR/PassManager.h"
#include <vector>

namespace djed {

/// One record to be made.
struct Record {
  llvm::Instruction *Before;
  llvm::Value *Base;
  int64_t Offset = 0;            ///< Bytes to the first one logged.
  uint64_t Size = 0;             ///< Bytes; 0 if Range, Whole say how many.
  llvm::Value *Length = nullptr; ///< Bytes, where only known at run time.
  const Write *Whole = nullptr;  ///< A write that is logged as it is described (strings, lanes).
};

/// Plans the records of \p F, all of whose \p Writes are to be logged. May insert address computations in
/// front of loops. Records of one place are neighbours in the result. Counts what it saved in \p Report.
std::vector<Record> planRecords(llvm::Function &F, llvm::ArrayRef<Write> Writes,
                                llvm::FunctionAnalysisManager &FAM, FunctionReport &Report);

} // namespace djed

#endif
