; Hooks at handlers and outgoing calls (passes/Trace.h).
; RUN: %opt -passes=djed-trace,verify %s | FileCheck %s

@djed_server = constant { ptr, ptr, ptr, ptr, ptr } { ptr @init, ptr @handle, ptr @notified, ptr null, ptr null }
declare i64 @djed_call(i32, i32, i32)

; CHECK-LABEL: define internal i64 @init(
; CHECK-NEXT: ret i64 0
define internal i64 @init() {
  ret i64 0
}

; CHECK-LABEL: define internal void @handle(ptr %d)
; CHECK-NEXT: %[[PLACE:.*]] = getelementptr i8, ptr %d, i64 56
; CHECK-NEXT: %djed.label = load i32, ptr %[[PLACE]]
; CHECK-NEXT: load i32, ptr @djed_trace_on
; CHECK: djed.trace{{[0-9]*}}:
; CHECK-NEXT: call preserve_mostcc void @djed_trace_enter(i32 %djed.label)
; CHECK: load i32, ptr @djed_trace_on
; CHECK: call preserve_mostcc void @djed_trace_enter(i32 65538)
; CHECK: %status = call i64 @djed_call(i32 1, i32 65538, i32 0)
; CHECK: load i32, ptr @djed_trace_on
; CHECK: call preserve_mostcc void @djed_trace_exit(i64 %status)
; CHECK: load i32, ptr @djed_trace_on
; CHECK: call preserve_mostcc void @djed_trace_exit(i64 0)
; CHECK: ret void
define internal void @handle(ptr %d) {
  %status = call i64 @djed_call(i32 1, i32 65538, i32 0)
  ret void
}

; CHECK-LABEL: define internal void @notified(
; CHECK: call preserve_mostcc void @djed_trace_enter(i32 131072)
define internal void @notified(i64 %bits) {
  ret void
}
