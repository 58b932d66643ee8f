; Every record has exactly the size of the write. The size is stored over the header's top byte.
; RUN: %opt -passes=djed-undo,verify %s | FileCheck %s
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-none-elf"

; CHECK-LABEL: define internal void @i1.undo(
; CHECK: load i8, ptr %p, align 1
; CHECK: store i8 1, ptr
define void @i1(ptr %p) {
  store i1 true, ptr %p
  ret void
}

; CHECK-LABEL: define internal void @i24.undo(
; CHECK: load i24, ptr %p, align 1
; CHECK: store i8 3, ptr
define void @i24(ptr %p) {
  store i24 5, ptr %p
  ret void
}

; Ten bytes: one word and two bytes, in two words of log.
; CHECK-LABEL: define internal void @x87.undo(
; CHECK: load i64, ptr %p, align 1
; CHECK: load i16, ptr %{{.*}}, align 1
; CHECK: store i8 10, ptr
; CHECK: getelementptr i8, ptr %{{.*}}, i64 24
define void @x87(ptr %p, x86_fp80 %v) {
  store x86_fp80 %v, ptr %p
  ret void
}

; CHECK-LABEL: define internal void @vector.undo(
; CHECK-COUNT-4: load i64, ptr %{{.*}}, align 1
; CHECK: store i8 32, ptr
define void @vector(ptr %p, <4 x i64> %v) {
  store <4 x i64> %v, ptr %p
  ret void
}

; CHECK-LABEL: define internal void @atomics.undo(
; CHECK: load i16, ptr %p, align 1
; CHECK: load i32, ptr %q, align 1
; CHECK: load i64, ptr %r, align 1
; CHECK: atomicrmw add ptr %p
; CHECK: cmpxchg ptr %q
; CHECK: store atomic i64 3, ptr %r
define void @atomics(ptr %p, ptr %q, ptr %r) {
  %a = atomicrmw add ptr %p, i16 1 seq_cst
  %b = cmpxchg ptr %q, i32 1, i32 2 seq_cst seq_cst
  store atomic i64 3, ptr %r seq_cst, align 8
  ret void
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memset.inline.p0.i64(ptr, i8, i64, i1)
declare ptr @memcpy(ptr, ptr, i64)
declare ptr @strncpy(ptr, ptr, i64)
declare ptr @strcpy(ptr, ptr)

; CHECK-LABEL: define internal void @intrinsics.undo(
; CHECK: call void @djed_undo_range(ptr %p, i64 %n)
; CHECK-NEXT: call void @llvm.memcpy
; CHECK: load i64, ptr %p, align 1
; CHECK: load i40, ptr %{{.*}}, align 1
; CHECK: load i24, ptr %q, align 1
; CHECK: call void @llvm.memmove
; CHECK: call void @djed_undo_range(ptr %p, i64 65)
; CHECK-NEXT: call void @llvm.memset
; CHECK: call void @llvm.memset.inline
define void @intrinsics(ptr %p, ptr %q, i64 %n) {
  call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr %q, i64 %n, i1 false)
  call void @llvm.memmove.p0.p0.i64(ptr %p, ptr %q, i64 13, i1 false)
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 65, i1 false)
  call void @llvm.memset.inline.p0.i64(ptr %q, i8 0, i64 3, i1 false)
  ret void
}

; CHECK-LABEL: define internal void @functions.undo(
; CHECK: call void @djed_undo_range(ptr %p, i64 %n)
; CHECK-NEXT: call ptr @memcpy(
; CHECK: call void @djed_undo_range(ptr %p, i64 %n)
; CHECK-NEXT: call ptr @strncpy(
; CHECK: [[LENGTH:%.*]] = call i64 @strlen(ptr %q)
; CHECK-NEXT: [[WITH_NUL:%.*]] = add i64 [[LENGTH]], 1
; CHECK-NEXT: call void @djed_undo_range(ptr %p, i64 [[WITH_NUL]])
; CHECK-NEXT: call ptr @strcpy(
define void @functions(ptr %p, ptr %q, i64 %n) {
  %a = call ptr @memcpy(ptr %p, ptr %q, i64 %n)
  %b = call ptr @strncpy(ptr %p, ptr %q, i64 %n)
  %c = call ptr @strcpy(ptr %p, ptr %q)
  ret void
}

declare void @llvm.va_start(ptr)
declare void @llvm.va_copy(ptr, ptr)

; CHECK-LABEL: define internal void @list.undo(
; CHECK-COUNT-3: load i64, ptr %{{.*}}, align 1
; CHECK: store i8 24, ptr
; CHECK: call void @llvm.va_copy
define void @list(ptr %p, ...) {
  %own = alloca [24 x i8]
  call void @llvm.va_start(ptr %own)
  call void @llvm.va_copy(ptr %p, ptr %own)
  ret void
}

; CHECK-LABEL: define internal void @assembly.undo(
; CHECK: load i64, ptr %p, align 1
; CHECK: call void asm "movq $$7, $0"
define void @assembly(ptr %p) {
  call void asm "movq $$7, $0", "=*m"(ptr elementtype(i64) %p)
  ret void
}
