; Records that leave loops, and records that must stay (passes/Records.h).
; RUN: env DJED_PASS_REPORT=%t %opt -passes=djed-undo,verify %s | FileCheck %s
; RUN: FileCheck --check-prefix=REPORT %s < %t

; REPORT: function same writes 1 records 1 inline 1 calls 0 merged 0 dominated 0 hoisted 1
; CHECK-LABEL: define internal void @same.undo(
; CHECK: store atomic ptr %{{.*}}, ptr @djed_log_top
; CHECK: loop:
; CHECK-NOT: djed_log_top
; CHECK: ret void
define void @same(ptr %p, i32 %n) {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  store volatile i32 %i, ptr %p
  %next = add i32 %i, 1
  %more = icmp ult i32 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}

; n words from p on, n > 0.
; REPORT: function walk writes 1 records 1 inline 0 calls 1 merged 0 dominated 0 hoisted 0 ranges 1
; CHECK-LABEL: define internal void @walk.undo(
; CHECK: call void @djed_undo_range(ptr %p, i64
; CHECK: loop:
; CHECK-NOT: djed_undo_range
; CHECK: ret void
define void @walk(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %q = getelementptr inbounds i32, ptr %p, i64 %i
  store i32 0, ptr %q
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}

; Two ways out: how far it goes is not known.
; REPORT: function search writes 1 records 1 inline 1 calls 0 merged 0 dominated 0 hoisted 0 ranges 0
define void @search(ptr %p, i64 %n, i32 %key) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %again ]
  %q = getelementptr inbounds i32, ptr %p, i64 %i
  %v = load i32, ptr %q
  %found = icmp eq i32 %v, %key
  br i1 %found, label %done, label %again
again:
  store i32 0, ptr %q
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}

; Not on each iteration.
; REPORT: function sometimes writes 1 records 1 inline 1 calls 0 merged 0 dominated 0 hoisted 0 ranges 0
define void @sometimes(ptr %p, i64 %n, i64 %key) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %again ]
  %hit = icmp eq i64 %i, %key
  br i1 %hit, label %write, label %again
write:
  store i32 0, ptr %p
  br label %again
again:
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}

; What is called may not return, so the array may end earlier.
; REPORT: function stops writes 1 records 1 inline 1 calls 0 merged 0 dominated 0 hoisted 0 ranges 0
declare void @djed_log(i64)
define void @stops(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void @djed_log(i64 %i)
  %q = getelementptr inbounds i32, ptr %p, i64 %i
  store i32 0, ptr %q
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}
