; A store that djed-undo leaves out is not logged because it has faults: a message may only be forwarded while the log is
; empty. So its pointer is not corrupted (passes/FaultClasses.cpp).
; RUN: env DJED_PASS=undo,fault DJED_FAULT_SITES=%t %opt -passes=djed,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=SITES %s < %t

; SITES:      1 0 send ?:0 no-store 0
; SITES-NEXT: 2 0 send ?:0 null-pointer 0
; SITES-NEXT: 3 0 send ?:0 corrupt-integer 0
; SITES-NEXT: # block 0

; CHECK-LABEL: define internal void @send.fault.undo(
; CHECK-NOT: djed_log_top
; CHECK: store i64 %{{.*}}, ptr %m
; CHECK-NOT: djed_log_top
; CHECK: {{^}}}
declare ptr @djed_out()

define void @send() {
  %m = call ptr @djed_out()
  store i64 5, ptr %m
  ret void
}
