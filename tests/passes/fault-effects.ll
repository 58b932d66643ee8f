; The site table names side effects: block, function, where it calls the stub, class, the stub (passes/Fault.h).
; RUN: env DJED_PASS=fault DJED_FAULT_SITES=%t %opt -passes=djed %s -o /dev/null
; RUN: FileCheck %s < %t

; CHECK:      # block 0 handle 3
; CHECK-NEXT: # effect 0 handle server.c:40 1 store_write
; CHECK-NEXT: # effect 0 handle server.c:41 5 ?
; CHECK-NOT:  effect

declare void @djed_effect(i32)

define void @handle(i32 %unknown) !dbg !4 {
  call void @djed_effect(i32 1), !dbg !7
  call void @djed_effect(i32 5), !dbg !8
  ret void
}

; Reads, and a class that is not known when it is compiled.
define void @other(i32 %unknown) {
  call void @djed_effect(i32 0)
  call void @djed_effect(i32 %unknown)
  ret void
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "server.c", directory: "/")
!3 = !DISubroutineType(types: !{null})
!4 = distinct !DISubprogram(name: "handle", scope: !2, file: !2, line: 39, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!5 = !DIFile(filename: "store_client.h", directory: "/")
!6 = distinct !DISubprogram(name: "store_write", scope: !5, file: !5, line: 9, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!7 = !DILocation(line: 10, scope: !6, inlinedAt: !9)
!8 = !DILocation(line: 41, scope: !4)
!9 = distinct !DILocation(line: 40, scope: !4)
