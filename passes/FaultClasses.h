//===- FaultClasses.h - the classes of software faults --------------------===//
//
// A further class is one more entry of the table in FaultClasses.cpp: its name, what it could change, and
// what happens then.
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_FAULTCLASSES_H
#define DJED_PASSES_FAULTCLASSES_H

#include "FaultStrike.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/LoopInfo.h"

namespace djed {

struct FaultClass {
  const char *Name;
  /// Appends one number for each way in which the class could change \p I: an operand, a side, as the class
  /// has it. Nothing if it cannot. \p I is no PHI node, and neither a musttail call nor the return behind
  /// one.
  void (*find)(llvm::Instruction &I, const llvm::LoopInfo &Loops, llvm::SmallVectorImpl<unsigned> &Ways);
  /// Puts the fault into \p I, in the way that was found.
  void (*plant)(FaultStrike &S, llvm::Instruction &I, unsigned Way);
};

extern const llvm::ArrayRef<FaultClass> FaultClasses;

} // namespace djed

#endif
