//===- Writes.h - which instructions write which memory -------------------===//
//
// The one place that knows how a program can change memory. It errs on one side only: an instruction that
// might write and is not understood is refused, with a sentence, and the link fails.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_WRITES_H
#define DJED_PASSES_WRITES_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Instruction.h"
#include <cstdint>
#include <string>

namespace djed {

/// A range that an instruction writes.
struct Write {
  enum Kind {
    Fixed,   ///< Size bytes at Pointer
    Dynamic, ///< Length bytes at Pointer
    String,  ///< strlen(Length) + 1 bytes at Pointer
    Lanes,   ///< per lane whose bit in Mask is set: Size bytes at Pointer + lane * Size
    Scatter, ///< the same at the lane's own element of the vector Pointer
    Compress ///< Size bytes at Pointer for each bit set in Mask
  };
  Kind Is;
  llvm::Instruction *At;
  llvm::Value *Pointer;
  uint64_t Size = 0;
  llvm::Value *Length = nullptr;
  llvm::Value *Mask = nullptr;
};

/// Where a write goes, as far as that decides whether it is logged.
enum class Target {
  Memory, ///< anything: it is logged
  Stack,  ///< only variables of this function's own frame
  Device, ///< address space 1 (DJED_DEVICE)
  Exempt, ///< an object of the runtime: a .djed.* or coverage section, or the message page
};

/// Appends what \p I writes to \p Writes. False: \p I may write memory in a way that cannot be logged, and \p
/// Refusal says why. Calls of functions that the module defines write nothing themselves.
bool findWrites(llvm::Instruction &I, llvm::SmallVectorImpl<Write> &Writes, std::string &Refusal);

/// \p Object is set to "object NAME section S" when the answer is Exempt.
Target classify(const Write &W, std::string &Object);

/// True for a function outside the module that logs what it writes, or writes nothing that is rolled back.
bool logsItself(llvm::StringRef Name);

/// True for an external function whose effect on memory is logged at its call sites, so that nobody may take
/// its address.
bool isLoggedAtCalls(llvm::StringRef Name);

} // namespace djed

#endif
