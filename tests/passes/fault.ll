; Numbers, counters and dormant faults (passes/Fault.h); both versions of a block share its number, not its counter.
; RUN: env DJED_PASS=undo,fault DJED_FAULT_SITES=%t %opt -passes=djed,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=SITES %s < %t
; RUN: env DJED_PASS=fault %opt -passes=djed,verify %s | FileCheck --check-prefix=ALONE %s
; RUN: not env DJED_PASS=fault DJED_FAULT_SITES=/dev/full %opt -passes=djed %s 2>&1 | FileCheck --check-prefix=FULL %s
; FULL: error: djed-fault: cannot write the site table /dev/full: No space left on device

; SITES:      1 0 handle ?:0 null-pointer
; SITES-NEXT: # block 0 handle 4
; SITES-NEXT: # block 1 handle 2
; SITES-NEXT: 2 2 handle ?:0 null-pointer
; SITES-NEXT: # block 2 handle 2
; SITES-NEXT: # block 3 handle 1
; SITES-NOT: {{.}}

; CHECK: @djed_block_counts = global [8 x i64] zeroinitializer, section ".djed.counts", align 8
; CHECK: @djed_block_count = constant i64 4
; ALONE: @djed_block_counts = global [8 x i64]
; ALONE-LABEL: define void @handle(
; ALONE: djed.strike:
; ALONE-NEXT: load volatile i8, ptr null
; ALONE-NEXT: unreachable

; CHECK-LABEL: define void @handle(
; CHECK: djed.plain:
; CHECK-NEXT: load i64, ptr @djed_block_counts
; CHECK-NEXT: add i64
; CHECK-NEXT: store i64 %{{.*}}, ptr @djed_block_counts
; CHECK-NEXT: %[[AWAKE:.*]] = load i32, ptr inttoptr (i64 2101248 to ptr)
; CHECK-NEXT: icmp eq i32 %[[AWAKE]], 1
; CHECK-NEXT: br i1 %{{.*}}, label %djed.fault, label %{{.*}}, !prof
; CHECK: djed.fault:
; CHECK-NEXT: %[[STRIKES:.*]] = call preserve_mostcc zeroext i1 @djed_fault_strikes()
; CHECK-NEXT: br i1 %[[STRIKES]], label %djed.strike, label %{{.*}}

; The record comes before the fault: what a fault leaves is undone. Counters are never logged.
; CHECK-LABEL: define internal void @handle.undo(
; CHECK: load i64, ptr getelementptr inbounds ([8 x i64], ptr @djed_block_counts, i64 0, i64 4)
; CHECK: icmp eq i32 %{{.*}}, 1
; CHECK: load i32, ptr %p
; CHECK: write:
; CHECK: getelementptr inbounds ([8 x i64], ptr @djed_block_counts, i64 0, i64 6)
; CHECK: store atomic ptr
; CHECK: icmp eq i32 %{{.*}}, 2
; CHECK: store i32 1, ptr %q
; CHECK: store volatile i8 0, ptr null
define void @handle(ptr %p, ptr %q) {
  %own = alloca i32
  %v = load i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %nothing, label %write
nothing:
  store i32 1, ptr %own
  br label %end
write:
  store i32 1, ptr %q
  br label %end
end:
  ret void
}
