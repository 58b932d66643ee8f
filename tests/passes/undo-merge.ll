; Which records are merged and dropped, and which must not be (passes/Records.h).
; RUN: env DJED_PASS_REPORT=%t %opt -passes=djed-undo,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=REPORT %s < %t

declare void @djed_log(ptr)
@table = global [64 x i8] zeroinitializer

; Bytes 0..4, 4..8 and 8..16: one record of 16.
; REPORT: function fields writes 3 records 1 inline 1 calls 0 merged 2
; CHECK-LABEL: define internal void @fields.undo(
; CHECK: store i8 16, ptr
; CHECK: fence
; CHECK-NOT: @djed_log_top
; CHECK: ret void
define void @fields(ptr %p) {
  store i32 1, ptr %p
  %q = getelementptr i8, ptr %p, i64 4
  store i32 2, ptr %q
  %r = getelementptr i8, ptr %p, i64 8
  store i64 3, ptr %r
  ret void
}

; A gap of 9 bytes is not worth logging.
; REPORT: function far writes 2 records 2 inline 2 calls 0 merged 0
define void @far(ptr %p) {
  store i32 1, ptr %p
  %q = getelementptr i8, ptr %p, i64 13
  store i32 2, ptr %q
  ret void
}

; What is called may not return: the second field is not read before.
; REPORT: function between writes 2 records 2 inline 2 calls 0 merged 0
define void @between(ptr %p) {
  store i32 1, ptr %p
  call void @djed_log(ptr %p)
  %q = getelementptr i8, ptr %p, i64 4
  store i32 2, ptr %q
  ret void
}

; But a global is there whatever happens.
; REPORT: function global writes 2 records 1 inline 1 calls 0 merged 1
define void @global() {
  store i32 1, ptr @table
  call void @djed_log(ptr @table)
  store i32 2, ptr getelementptr (i8, ptr @table, i64 4)
  ret void
}

; The record before the branch covers the one behind it, not the other way round.
; REPORT: function covered writes 2 records 1 inline 1 calls 0 merged 0 dominated 1
define void @covered(ptr %p, i1 %c) {
  store i64 1, ptr %p
  br i1 %c, label %yes, label %no
yes:
  %q = getelementptr i8, ptr %p, i64 4
  store i16 2, ptr %q
  ret void
no:
  ret void
}

; REPORT: function partly writes 2 records 2 inline 2 calls 0 merged 0 dominated 0
define void @partly(ptr %p, i1 %c) {
  store i32 1, ptr %p
  br i1 %c, label %yes, label %no
yes:
  store i64 2, ptr %p
  ret void
no:
  ret void
}

; REPORT: function sideways writes 2 records 2 inline 2 calls 0 merged 0 dominated 0
define void @sideways(ptr %p, i1 %c) {
  br i1 %c, label %yes, label %no
yes:
  store i64 2, ptr %p
  br label %end
no:
  br label %end
end:
  store i32 1, ptr %p
  ret void
}

; Different objects, one place: one update of the top. The second pointer is only known later.
; REPORT: function together writes 3 records 3 inline 3 calls 0 {{.*}} gathered 1
; CHECK-LABEL: define internal void @together.undo(
; CHECK: store i8 4, ptr
; CHECK: store i8 2, ptr
; CHECK: store atomic ptr
; CHECK: store i32 1, ptr %p
; CHECK: load ptr, ptr %q
; CHECK: store i8 8, ptr
; CHECK: store atomic ptr
; CHECK: store i16 3, ptr %q
; CHECK-NOT: djed_log_top
; CHECK: ret void
define void @together(ptr %p, ptr %q) {
  store i32 1, ptr %p
  %r = load ptr, ptr %q
  store i64 2, ptr %r
  store i16 3, ptr %q
  ret void
}

; What is called may not return: the second object is not read before.
; REPORT: function apart writes 2 records 2 inline 2 calls 0 {{.*}} gathered 0
define void @apart(ptr %p, ptr %q) {
  store i32 1, ptr %p
  call void @djed_log(ptr %p)
  store i16 3, ptr %q
  ret void
}
