//===- Plugin.cpp - what opt and lld load ---------------------------------===//
//
// With lld (full LTO) the passes that DJED_PASS names run last over the whole program. With opt each is a
// pass of its own: djed-undo, djed-window, djed-trace, djed-fault, and `djed` for what lld would run.
//
//===----------------------------------------------------------------------===//
#include "Fault.h"
#include "Options.h"
#include "Trace.h"
#include "Undo.h"
#include "Window.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include <cstdio>
#include <cstdlib>

using namespace llvm;
using namespace djed;

/// libLLVM's own, since version 16. Weak, so that an older one is told in words and not by the dynamic
/// linker.
extern "C" __attribute__((weak)) void LLVMGetVersion(unsigned *Major, unsigned *Minor, unsigned *Patch);

/// Nothing else of LLVM may be used before this: a different version has different classes under the same
/// names.
static void checkVersion() {
  unsigned Major = 0, Minor = 0, Patch = 0;
  if (LLVMGetVersion)
    LLVMGetVersion(&Major, &Minor, &Patch);
  if (Major == LLVM_VERSION_MAJOR && Minor == LLVM_VERSION_MINOR)
    return;
  if (Major == 0)
    std::fprintf(stderr, "djed: the passes were built for LLVM " DJED_LLVM_VERSION
                         " and cannot be loaded by a tool of an LLVM before 16\n");
  else
    std::fprintf(stderr,
                 "djed: the passes were built for LLVM " DJED_LLVM_VERSION
                 " and cannot be loaded by a tool of LLVM %u.%u.%u\n",
                 Major, Minor, Patch);
  std::exit(1);
}

/// Numbers come before code is added; faults are planted where a programmer's would be, before what undoes
/// them.
static void addPasses(ModulePassManager &MPM, const Options &O) {
  if (O.Fault)
    MPM.addPass(FaultPlanPass());
  if (O.Window)
    MPM.addPass(WindowMarkPass());
  if (O.Trace)
    MPM.addPass(TracePass());
  if (O.Fault)
    MPM.addPass(FaultPlantPass());
  if (O.Undo)
    MPM.addPass(UndoPass());
  MPM.addPass(WindowLowerPass(O.Window));
  if (O.Fault)
    MPM.addPass(FaultCountPass());
  MPM.addPass(GlobalDCEPass());
}

static bool addNamedPass(StringRef Name, ModulePassManager &MPM) {
  if (Name == "djed") {
    addPasses(MPM, Options::get());
  } else if (Name == "djed-undo") {
    MPM.addPass(UndoPass());
  } else if (Name == "djed-window") {
    MPM.addPass(WindowMarkPass());
    MPM.addPass(WindowLowerPass(true));
  } else if (Name == "djed-trace") {
    MPM.addPass(TracePass());
  } else if (Name == "djed-fault") {
    MPM.addPass(FaultPlanPass());
    MPM.addPass(FaultPlantPass());
    MPM.addPass(FaultCountPass());
  } else {
    return false;
  }
  return true;
}

extern "C" __attribute__((visibility("default"))) PassPluginLibraryInfo llvmGetPassPluginInfo() {
  checkVersion();
  Options::get(); // a wrong word is told before work begins
  return {LLVM_PLUGIN_API_VERSION, "djed", DJED_LLVM_VERSION, [](PassBuilder &PB) {
            PB.registerFullLinkTimeOptimizationLastEPCallback(
                [](ModulePassManager &MPM, OptimizationLevel) { addPasses(MPM, Options::get()); });
            PB.registerPipelineParsingCallback(
                [](StringRef Name, ModulePassManager &MPM, ArrayRef<PassBuilder::PipelineElement>) {
                  return addNamedPass(Name, MPM);
                });
          }};
}
