; Blocks that no request can run are named in the table (passes/Requests.h).
; RUN: env DJED_PASS=fault DJED_FAULT_SITES=%t %opt -passes=djed,verify %s -o /dev/null
; RUN: grep -e apart -e null-pointer %t | FileCheck %s

; CHECK:      # apart 0 start
; CHECK-NEXT: 7 1 serve ?:0 null-pointer 0
; CHECK-NEXT: # apart 2 serve
; CHECK-NEXT: 12 3 serve ?:0 null-pointer 0
; CHECK-NEXT: 15 4 by_pointer ?:0 null-pointer 1
; CHECK-NEXT: # apart 5 audit
; CHECK-NEXT: # apart 6 audit_only
; CHECK-NEXT: # apart 7 lib_vsnprintf
; CHECK-NEXT: # apart 8 command_line_value
; CHECK-NOT: {{.}}
@djed_server = constant { ptr, ptr, ptr, ptr, ptr } { ptr @start, ptr @serve, ptr null, ptr @audit, ptr null }
@table = internal constant [1 x ptr] [ptr @by_pointer]

declare void @djed_panic(ptr) noreturn

declare void @djed_log(ptr)

define internal void @start() {
  call void @djed_log(ptr null)
  ret void
}

define internal void @serve(ptr %p) {
  %v = load i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %panic, label %go
panic:
  call void @djed_panic(ptr %p)
  unreachable
go:
  %f = load volatile ptr, ptr @table
  call void %f(ptr %p)
  ret void
}

define internal void @by_pointer(ptr %p) {
  store i32 1, ptr %p
  ret void
}

define internal void @audit() {
  call void @audit_only()
  ret void
}

define internal void @audit_only() noinline {
  ret void
}

define i32 @lib_vsnprintf(ptr %to) {
  ret i32 0
}

define i1 @command_line_value(ptr %line) {
  ret i1 false
}
