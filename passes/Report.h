//===- Report.h - what djed-undo did, per function ------------------------===//
//
// One line per instrumented function and one per exempt object, so that nothing is left out silently:
//
//   function handle writes 12 records 5 inline 4 calls 1 merged 3 dominated 2 hoisted 1 ranges 0 gathered 2
//   stack 2 device 0 exempt function handle object counters section .djed.counts writes 1 inplace function
//   interpreter reason "its labels' addresses are kept in data" total ...
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_REPORT_H
#define DJED_PASSES_REPORT_H

#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
}

namespace djed {

struct FunctionReport {
  std::string Name;
  std::string InPlace; ///< Why it could not be cloned; empty if it was.
  unsigned Writes = 0; ///< Instructions (or arguments of calls) that write memory.
  unsigned Records = 0;
  unsigned Inline = 0, Calls = 0;                                            ///< How the records are made.
  unsigned Merged = 0, Dominated = 0, Hoisted = 0, Ranges = 0, Gathered = 0; ///< How records were saved.
  unsigned Stack = 0, Device = 0;                                            ///< Writes that need none.
  std::map<std::string, unsigned> Exempt; ///< "object NAME section S" -> writes.

  void add(const FunctionReport &Other);
  void print(llvm::raw_ostream &Out, llvm::StringRef Head) const;
};

/// Writes the report to \p Path. False, with \p Error set: it could not.
bool writeReport(llvm::StringRef Path, const std::vector<FunctionReport> &Functions, std::string &Error);

} // namespace djed

#endif
