//===- Options.h - what the environment asks of the passes ----------------===//
//
// lld reads its own options before it loads a plugin, so the passes take theirs from the environment:
//
//   DJED_PASS         comma-separated: undo, window, trace, fault; or plain. Default: undo,window,trace
//   DJED_EFFECTS      side-effect table: `function class` a line (djed-window)
//   DJED_PASS_REPORT  file to write: what was logged, what was not, and why (djed-undo)
//   DJED_FAULT_SITES  file to write: the table of fault sites (djed-fault)
//   DJED_PASS_BREAK   for the tests of the tests: comma-separated cases that djed-undo then misses
//
//===----------------------------------------------------------------------===//
#ifndef DJED_PASSES_OPTIONS_H
#define DJED_PASSES_OPTIONS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace djed {

struct Options {
  bool Undo = true, Window = true, Trace = true, Fault = false;
  std::string Effects, Report, Sites;
  llvm::StringSet<> Broken;

  bool isBroken(llvm::StringRef Case) const { return !Broken.empty() && Broken.contains(Case); }

  /// The environment's, read once. Ends the process with a line on a word it does not know.
  static const Options &get();
};

} // namespace djed

#endif
