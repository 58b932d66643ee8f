; What is not logged: and the report says so.
; RUN: env DJED_PASS_REPORT=%t %opt -passes=djed-undo,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=REPORT %s < %t

@state = global i32 0, section ".djed.runtime"
@__profc_handle = global i64 0, section "__llvm_prf_cnts"
@mine = global i32 0, section ".data.mine"
declare ptr @djed_out()

; CHECK-LABEL: define internal void @exempt.undo(
; CHECK-NOT: djed_log_top
; CHECK: ret void
define void @exempt(ptr byval(i64) %copy, ptr addrspace(1) %device) {
  %own = alloca i64
  store i64 1, ptr %own
  store i64 1, ptr %copy
  store i32 1, ptr @state
  store i64 1, ptr @__profc_handle
  store i32 1, ptr addrspace(1) %device
  %message = call ptr @djed_out()
  %word = getelementptr i8, ptr %message, i64 8
  store i64 7, ptr %word
  ret void
}
; REPORT: function exempt writes 6 records 0 {{.*}} stack 2 device 1
; REPORT-DAG: exempt function exempt object state section .djed.runtime writes 1
; REPORT-DAG: exempt function exempt object __profc_handle section __llvm_prf_cnts writes 1
; REPORT-DAG: exempt function exempt object djed_out() section .djed.ipc writes 1

; Perhaps the stack, perhaps not: logged.
; CHECK-LABEL: define internal void @either.undo(
; CHECK: djed_log_top
define void @either(ptr %p, i1 %c) {
  %own = alloca i32
  %q = select i1 %c, ptr %p, ptr %own
  store i32 1, ptr %q
  store i32 1, ptr @mine
  ret void
}
; REPORT: function either writes 2 records 2 {{.*}} stack 0 device 0
