; The clone, the choice at the entry, and the inline record (passes/Undo.h, passes/LogWriter.h).
; RUN: %opt -passes=djed-undo,verify %s | FileCheck %s

@counter = global i64 0

; CHECK-LABEL: define void @handle(ptr %p)
; CHECK:         %djed.open = load i32, ptr @djed_window_open
; CHECK:         br i1 %{{.*}}, label %djed.window, label %djed.plain
; CHECK:       djed.window:
; CHECK-NEXT:    musttail call void @handle.undo(ptr %p)
; CHECK-NEXT:    ret void
; CHECK:       djed.plain:
; CHECK-NEXT:    musttail call void @handle.plain(ptr %p)
; CHECK-NEXT:    ret void
define void @handle(ptr %p) {
  store i32 1, ptr %p
  call void @helper(ptr %p)
  ret void
}

; Only called directly: no choice at the entry.
; CHECK-LABEL: define internal void @helper(ptr %p)
; CHECK-NEXT:    %v = load i64, ptr @counter
; CHECK-NOT:     djed_window_open
define internal void @helper(ptr %p) {
  %v = load i64, ptr @counter
  %w = add i64 %v, 1
  store i64 %w, ptr @counter
  ret void
}

; CHECK-LABEL: define internal void @handle.undo(ptr %p)
; CHECK-NEXT:    [[TOP:%.*]] = load ptr, ptr @djed_log_top
; CHECK-NEXT:    [[OLD:%.*]] = load i32, ptr %p, align 1
; CHECK-NEXT:    [[WORD:%.*]] = zext i32 [[OLD]] to i64
; CHECK-NEXT:    store i64 [[WORD]], ptr [[TOP]]
; CHECK-NEXT:    [[PLACE:%.*]] = getelementptr i8, ptr [[TOP]], i64 8
; CHECK-NEXT:    [[ADDRESS:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:    store i64 [[ADDRESS]], ptr [[PLACE]]
; CHECK-NEXT:    [[SIZE:%.*]] = getelementptr i8, ptr [[TOP]], i64 15
; CHECK-NEXT:    store i8 4, ptr [[SIZE]]
; CHECK-NEXT:    [[NEW:%.*]] = getelementptr i8, ptr [[TOP]], i64 16
; CHECK-NEXT:    store atomic ptr [[NEW]], ptr @djed_log_top syncscope("singlethread") release
; CHECK-NEXT:    fence syncscope("singlethread") seq_cst
; CHECK-NEXT:    store i32 1, ptr %p
; CHECK-NEXT:    call void @helper.undo(ptr %p)
; CHECK-NEXT:    ret void

; CHECK-LABEL: define internal void @helper.undo(ptr %p)
; CHECK:         load i64, ptr @counter, align 1
; CHECK:         store atomic ptr
; CHECK:         store i64 %w, ptr @counter

; CHECK-LABEL: define internal void @handle.plain(ptr %p)
; CHECK-NEXT:    store i32 1, ptr %p
; CHECK-NEXT:    call void @helper(ptr %p)
; CHECK-NEXT:    ret void
