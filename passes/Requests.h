//===- Requests.h - which blocks can run while a server serves --------------===//
//
// A campaign wakes faults while requests and notifications are served. Blocks that only start-up, the audit
// or a failed assertion runs say nothing about recovery, and those that only the work on a notification that
// has crashed runs are not executed before something has crashed: they are told apart here, by reachability
// alone.
//
// Reached is what can run from the members of the global djed_server but `init`, `audit` and `failed`, and
// from any other function that is visible outside of the module, through calls and every address that is
// taken on the way (initialisers of used globals included). Not followed:
//
//   - blocks all of whose paths end in `unreachable` (panic, failed assertion, sanitizer trap): they run when
//     the server is already lost;
//   - the formatter `lib_vsnprintf`, which the native runtime calls for the text of lines, unless something
//   that is
//     reached calls it or djed_log;
//   - `command_line_value`, which the native runtime calls at start-up, unless something that is reached
//   calls it.
//
// A program without djed_server has no start-up apart: everything in it counts.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_REQUESTS_H
#define DJED_PASSES_REQUESTS_H

#include "llvm/ADT/DenseSet.h"
#include "llvm/IR/Module.h"

namespace djed {

class RequestBlocks {
  bool Everything = false;
  llvm::DenseSet<const llvm::BasicBlock *> Blocks;

public:
  explicit RequestBlocks(llvm::Module &M);
  bool contains(const llvm::BasicBlock &Block) const { return Everything || Blocks.contains(&Block); }
};

} // namespace djed

#endif
