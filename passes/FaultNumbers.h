//===- FaultNumbers.h - what the steps of djed-fault tell each other ------===//
#ifndef DJED_PASSES_FAULTNUMBERS_H
#define DJED_PASSES_FAULTNUMBERS_H

#include "llvm/IR/Constants.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Type.h"

namespace djed {

constexpr const char *BlockKind = "djed.block";       ///< Of a terminator: !{block}
constexpr const char *SiteKind = "djed.site";         ///< Of a candidate: !{site, class, way, ...}
constexpr const char *FunctionKind = "djed.function"; ///< Of a function that has sites: !{number}
constexpr const char *BlocksName = "djed.blocks";     ///< The module's, named: !{number of blocks}

inline llvm::MDNode *numberNode(llvm::LLVMContext &Context, llvm::ArrayRef<uint64_t> Values) {
  llvm::SmallVector<llvm::Metadata *, 4> Operands;
  for (uint64_t Value : Values)
    Operands.push_back(
        llvm::ConstantAsMetadata::get(llvm::ConstantInt::get(llvm::Type::getInt64Ty(Context), Value)));
  return llvm::MDNode::get(Context, Operands);
}

inline uint64_t numberAt(const llvm::MDNode &Node, unsigned Index) {
  return llvm::mdconst::extract<llvm::ConstantInt>(Node.getOperand(Index))->getZExtValue();
}

} // namespace djed

#endif
