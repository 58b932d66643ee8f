; Masked stores log the lanes that are selected, and read no others.
; RUN: %opt -passes=djed-undo,verify %s | FileCheck %s
; RUN: clang-19 -Wno-override-module -O1 -flto -c %s -o %t.o
; RUN: %native -I%inputs -c %inputs/masked-main.c -o %t.main.o
; RUN: %native -c %runtime/undo.c -o %t.undo.o
; RUN: env DJED_PASS=undo %djed_cc %t.o %t.main.o %t.undo.o -o %t && %t
; RUN: env DJED_PASS=undo DJED_PASS_BREAK=masked %djed_cc %t.o %t.main.o %t.undo.o -o %t.broken && not %t.broken
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

; CHECK-LABEL: define internal void @handle.undo(
; CHECK: [[BIT:%.*]] = extractelement <4 x i1> %mask, i64 0
; CHECK: [[LENGTH:%.*]] = select i1 [[BIT]], i64 4, i64 0
; CHECK: call void @djed_undo_range(ptr %low, i64 [[LENGTH]])
; CHECK: [[SECOND:%.*]] = getelementptr i8, ptr %low, i64 4
; CHECK: call void @djed_undo_range(ptr [[SECOND]],
; CHECK: call void @llvm.masked.store
; CHECK: [[LANE:%.*]] = extractelement <4 x ptr> %to, i64 0
; CHECK: call void @djed_undo_range(ptr [[LANE]],
; CHECK: call void @llvm.masked.scatter
; CHECK: call void @djed_undo_range(ptr %packed,
; CHECK: call void @llvm.masked.compressstore
define void @handle(ptr %low, i8 %bits, ptr %first, ptr %second, ptr %packed) {
  %narrow = trunc i8 %bits to i4
  %mask = bitcast i4 %narrow to <4 x i1>
  call void @llvm.masked.store.v4i32.p0(<4 x i32> <i32 1, i32 2, i32 3, i32 4>, ptr %low, i32 4, <4 x i1> %mask)
  %third = getelementptr i32, ptr %first, i64 1
  %a = insertelement <4 x ptr> poison, ptr %first, i64 0
  %b = insertelement <4 x ptr> %a, ptr %second, i64 1
  %c = insertelement <4 x ptr> %b, ptr %third, i64 2
  %to = insertelement <4 x ptr> %c, ptr %low, i64 3
  %safe = and i4 %narrow, 7
  %lanes = bitcast i4 %safe to <4 x i1>
  call void @llvm.masked.scatter.v4i32.v4p0(<4 x i32> <i32 5, i32 6, i32 7, i32 8>, <4 x ptr> %to, i32 4, <4 x i1> %lanes)
  call void @llvm.masked.compressstore.v4i32(<4 x i32> <i32 9, i32 10, i32 11, i32 12>, ptr %packed, <4 x i1> %mask)
  ret void
}
declare void @llvm.masked.store.v4i32.p0(<4 x i32>, ptr, i32, <4 x i1>)
declare void @llvm.masked.scatter.v4i32.v4p0(<4 x i32>, <4 x ptr>, i32, <4 x i1>)
declare void @llvm.masked.compressstore.v4i32(<4 x i32>, ptr, <4 x i1>)
