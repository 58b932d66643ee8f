; A function whose labels are data is instrumented where it is, and what it calls chooses for itself.
; RUN: env DJED_PASS_REPORT=%t %opt -passes=djed-undo,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=REPORT %s < %t

@labels = internal constant [2 x ptr] [ptr blockaddress(@interpret, %one), ptr blockaddress(@interpret, %two)]

; CHECK-LABEL: define void @interpret(
; CHECK-NOT: djed_log_top
; CHECK: call void @djed_undo_range(ptr %p, i64 4)
; CHECK-NEXT: store i32 1, ptr %p
; CHECK: call void @djed_undo_range(ptr %p, i64 8)
; CHECK-NEXT: store i64 2, ptr %p
; CHECK: call void @helper(
; CHECK-NOT: @interpret.undo
define void @interpret(ptr %p, i64 %op) {
  %slot = getelementptr [2 x ptr], ptr @labels, i64 0, i64 %op
  %label = load ptr, ptr %slot
  indirectbr ptr %label, [label %one, label %two]
one:
  store i32 1, ptr %p
  br label %two
two:
  store i64 2, ptr %p
  call void @helper(ptr %p)
  ret void
}

; CHECK-LABEL: define internal void @helper(
; CHECK: load i32, ptr @djed_window_open
; CHECK: musttail call void @helper.undo(
define internal void @helper(ptr %p) {
  store i8 1, ptr %p
  ret void
}
; REPORT: inplace function interpret reason "its labels' addresses are kept in data"
