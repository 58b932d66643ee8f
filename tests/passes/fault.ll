; Numbers, twins, dormant faults and counters (passes/Fault.h, FaultStrike.h); both versions of a block share its number,
; not its counter.
; RUN: env DJED_PASS=undo,fault DJED_FAULT_SITES=%t %opt -passes=djed,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=SITES %s < %t
; RUN: env DJED_PASS=fault %opt -passes=djed,verify %s | FileCheck --check-prefix=ALONE %s
; RUN: not env DJED_PASS=fault DJED_FAULT_SITES=/dev/full %opt -passes=djed %s 2>&1 | FileCheck --check-prefix=FULL %s
; FULL: error: djed-fault: cannot write the site table /dev/full: No space left on device

; More functions than the fault page has bytes: each of these stores.
; RUN: awk 'BEGIN { while (n++ < 4096) print "define void @f" n "(ptr %%p) {\n store i32 1, ptr %%p\n ret void\n}" }' > %t.many.ll
; RUN: not env DJED_PASS=fault %opt -passes=djed %t.many.ll 2>&1 | FileCheck --check-prefix=MANY %s
; MANY: error: djed-fault: 4096 functions can have faults, but the fault page has room for {{40[0-9]+}}: split the program

; SITES:      1 0 handle ?:0 no-load 0
; SITES-NEXT: 2 0 handle ?:0 rnd-load 0
; SITES-NEXT: 3 0 handle ?:0 flip-branch 0
; SITES-NEXT: 4 0 handle ?:0 stuck-at-branch 0
; SITES-NEXT: 5 0 handle ?:0 flip-bool 0
; SITES-NEXT: 6 0 handle ?:0 corrupt-pointer 0
; SITES-NEXT: 7 0 handle ?:0 null-pointer 0
; SITES-NEXT: 8 0 handle ?:0 corrupt-integer 0
; SITES-NEXT: # block 0 handle 4
; SITES-NEXT: 9 1 handle ?:0 no-store 0
; SITES-NEXT: 10 1 handle ?:0 corrupt-integer 0
; SITES-NEXT: # block 1 handle 2
; SITES-NEXT: 11 2 handle ?:0 no-store 0
; SITES-NEXT: 12 2 handle ?:0 corrupt-pointer 0
; SITES-NEXT: 13 2 handle ?:0 null-pointer 0
; SITES-NEXT: 14 2 handle ?:0 corrupt-integer 0
; SITES-NEXT: # block 2 handle 2
; SITES-NEXT: # block 3 handle 1
; SITES-NEXT: # block 4 nothing 1
; SITES-NEXT: 15 5 other ?:0 no-store 1
; SITES-NEXT: 16 5 other ?:0 corrupt-pointer 1
; SITES-NEXT: 17 5 other ?:0 null-pointer 1
; SITES-NEXT: # block 5 other 2
; SITES-NOT: {{.}}

; CHECK: @djed_block_counts = global [12 x i64] zeroinitializer, section ".djed.counts", align 8
; CHECK: @djed_block_count = constant i64 6
; ALONE: @djed_block_counts = global [12 x i64]

; CHECK-LABEL: define internal void @handle.fault(
; corrupt-pointer, then null-pointer, of the load
; CHECK: %[[SITE:.*]] = load i32, ptr inttoptr (i64 2101248 to ptr)
; CHECK-NEXT: %[[IS:.*]] = icmp eq i32 %[[SITE]], 6
; CHECK-NEXT: br i1 %[[IS]], label %[[ASK:.*]], label %[[GO:.*]], !prof
; CHECK: [[GO]]:
; CHECK-NEXT: %[[WILD:.*]] = phi ptr [ %p, %0 ], [ %p, %[[ASK]] ], [ %[[VALUE:.*]], %[[STRUCK:.*]] ]
; CHECK: icmp eq i32 %{{.*}}, 7
; CHECK-NEXT: br i1 %{{.*}}, label %[[ASKNULL:.*]], label %{{.*}}, !prof
; CHECK: %v = load i32, ptr %[[WILD]]
; counters outside of windows, behind the faults
; CHECK: load i64, ptr @djed_block_counts
; CHECK: getelementptr inbounds ([12 x i64], ptr @djed_block_counts, i64 0, i64 1)
; CHECK: [[ASK]]:
; CHECK-NEXT: %[[STRIKES:.*]] = call preserve_mostcc zeroext i1 @djed_fault_strikes()
; CHECK-NEXT: br i1 %[[STRIKES]], label %[[STRUCK]], label %[[GO]]
; CHECK: [[STRUCK]]:
; CHECK-NEXT: call preserve_mostcc i64 @djed_fault_value(i32 6)
; CHECK: [[ASKNULL]]:
; CHECK: load volatile i8, ptr null
; CHECK-NEXT: unreachable

; The undo log sees the wild address and the wrong number. Counters are never logged.
; CHECK-LABEL: define internal void @handle.fault.undo(
; CHECK: icmp eq i32 %{{.*}}, 12
; CHECK: %[[AT:.*]] = phi ptr [ %q, %{{.*}} ], [ %q, %{{.*}} ], [ %{{.*}}, %{{.*}} ]
; CHECK: %[[NUMBER:.*]] = phi i32 [ 1, %{{.*}} ], [ 1, %{{.*}} ], [ %{{.*}}, %{{.*}} ]
; CHECK: load i32, ptr %[[AT]]
; CHECK: ptrtoint ptr %[[AT]] to i64
; CHECK: store i32 %[[NUMBER]], ptr %[[AT]]
; CHECK: getelementptr inbounds ([12 x i64], ptr @djed_block_counts, i64 0, i64 8)

; The function itself has a choice, and neither faults nor counters.
; CHECK-LABEL: define internal void @handle.plain(
; CHECK: %[[BYTE:.*]] = load i8, ptr inttoptr (i64 [[#AWAKE:]] to ptr)
; CHECK-NEXT: %[[SET:.*]] = icmp ne i8 %[[BYTE]], 0
; CHECK-NEXT: br i1 %[[SET]], label %djed.awake, label %djed.asleep, !prof
; CHECK: djed.awake:
; CHECK-NEXT: musttail call void @handle.fault(ptr %p, ptr %q)
; CHECK-NEXT: ret void
; CHECK: djed.asleep:
; CHECK-NEXT: %v = load i32, ptr %p
; CHECK-NOT: djed_block_counts
; CHECK: {{^}}}

; A function without sites counts itself.
; CHECK-LABEL: define internal void @nothing.plain(
; CHECK: getelementptr inbounds ([12 x i64], ptr @djed_block_counts, i64 0, i64 4)
; The next function's byte.
; CHECK-LABEL: define internal void @other.plain(
; CHECK: load i8, ptr inttoptr (i64 [[#AWAKE+1]] to ptr)
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

define void @nothing() {
  ret void
}

define void @other(ptr %p) {
  store ptr null, ptr %p
  ret void
}
