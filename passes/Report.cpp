//===- Report.cpp - what djed-undo did, per function ----------------------===//
#include "Report.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace djed;

void FunctionReport::add(const FunctionReport &Other) {
  Writes += Other.Writes;
  Records += Other.Records;
  Inline += Other.Inline;
  Calls += Other.Calls;
  Merged += Other.Merged;
  Dominated += Other.Dominated;
  Hoisted += Other.Hoisted;
  Ranges += Other.Ranges;
  Gathered += Other.Gathered;
  Stack += Other.Stack;
  Device += Other.Device;
  for (const auto &[Object, Count] : Other.Exempt)
    Exempt[Object] += Count;
}

void FunctionReport::print(raw_ostream &Out, StringRef Head) const {
  Out << Head << " writes " << Writes << " records " << Records << " inline " << Inline << " calls " << Calls
      << " merged " << Merged << " dominated " << Dominated << " hoisted " << Hoisted << " ranges " << Ranges
      << " gathered " << Gathered << " stack " << Stack << " device " << Device << "\n";
}

bool djed::writeReport(StringRef Path, const std::vector<FunctionReport> &Functions, std::string &Error) {
  std::error_code Code;
  raw_fd_ostream Out(Path, Code);
  if (Code) {
    Error = Code.message();
    return false;
  }
  FunctionReport Total;
  for (const FunctionReport &F : Functions) {
    F.print(Out, "function " + F.Name);
    if (!F.InPlace.empty())
      Out << "inplace function " << F.Name << " reason \"" << F.InPlace << "\"\n";
    for (const auto &[Object, Count] : F.Exempt)
      Out << "exempt function " << F.Name << " " << Object << " writes " << Count << "\n";
    Total.add(F);
  }
  for (const auto &[Object, Count] : Total.Exempt)
    Out << "exempt total " << Object << " writes " << Count << "\n";
  Total.print(Out, "total");
  Out.close();
  if (Out.has_error()) {
    Error = Out.error().message();
    Out.clear_error();
    return false;
  }
  return true;
}
