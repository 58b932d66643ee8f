//===- Options.cpp - what the environment asks of the passes --------------===//
#include "Options.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace llvm;
using namespace djed;

static StringRef environment(const char *Name) {
  const char *Value = std::getenv(Name);
  return Value ? Value : "";
}

[[noreturn]] static void badWord(const char *Variable, StringRef Word, StringRef Expected) {
  errs() << "djed: " << Variable << ": \"" << Word << "\" is not one of " << Expected << "\n";
  std::exit(1);
}

static void parsePasses(Options &O, StringRef Text) {
  O.Undo = O.Window = O.Trace = O.Fault = false;
  SmallVector<StringRef, 8> Words;
  Text.split(Words, ',', -1, false);
  for (StringRef Word : Words) {
    Word = Word.trim();
    if (Word == "undo")
      O.Undo = true;
    else if (Word == "window")
      O.Window = true;
    else if (Word == "trace")
      O.Trace = true;
    else if (Word == "fault")
      O.Fault = true;
    else if (Word != "plain")
      badWord("DJED_PASS", Word, "undo, window, trace, fault, plain");
  }
}

static void parseBroken(Options &O, StringRef Text) {
  static const char *const Cases[] = {"store",  "vector",    "odd",       "atomicstore", "memset",
                                      "memcpy", "memmove",   "call",      "masked",      "asm",
                                      "va",     "atomicrmw", "cmpxchg",   "merge",       "hoist",
                                      "affine", "long",      "dominance", "dispatch",    "redirect"};
  SmallVector<StringRef, 8> Words;
  Text.split(Words, ',', -1, false);
  for (StringRef Word : Words) {
    bool Known = false;
    for (const char *Case : Cases)
      Known |= Word == Case;
    if (!Known)
      badWord("DJED_PASS_BREAK", Word, "the cases in passes/Options.cpp");
    O.Broken.insert(Word);
  }
}

const Options &Options::get() {
  static const Options Parsed = [] {
    Options O;
    if (std::getenv("DJED_PASS"))
      parsePasses(O, environment("DJED_PASS"));
    parseBroken(O, environment("DJED_PASS_BREAK"));
    O.Effects = environment("DJED_EFFECTS").str();
    O.Report = environment("DJED_PASS_REPORT").str();
    O.Sites = environment("DJED_FAULT_SITES").str();
    return O;
  }();
  return Parsed;
}
