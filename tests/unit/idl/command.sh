#!/bin/sh
# command.sh DJED-IDL FOLDER DOCS FILE...: the command line, golden outputs, and whether the reference pages are current.
set -u
idl=$1
here=$2
docs=$3
shift 3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
	echo "failed: $*" >&2
	failures=$((failures + 1))
}

# expect STATUS TEXT ARGUMENT...: exit status, and one line on stderr that is TEXT.
expect() {
	status=$1
	text=$2
	shift 2
	"$idl" "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$status" ] || fail "status $got instead of $status: $*"
	[ "$(cat "$work/err")" = "$text" ] || fail "'$(cat "$work/err")' instead of '$text': $*"
}

expect 2 'djed-idl: unknown option --none' --none
expect 2 'djed-idl: --out needs a folder' --out
expect 2 'djed-idl: no interface file is given' --out "$work/new"
expect 1 "djed-idl: cannot read $work/none.idl: No such file or directory" "$work/none.idl"
expect 1 "djed-idl: cannot read $work: Is a directory" "$work"
touch "$work/file"
expect 1 "djed-idl: cannot make folder $work/file/out: Not a directory" --out "$work/file/out" "$here/sample.idl"
mkdir -p "$work/full/protocols/sample.h"
expect 1 "djed-idl: cannot write $work/full/protocols/sample.h: Is a directory" --out "$work/full" "$here/sample.idl"
[ -z "$(find "$work/full" -type f)" ] || fail 'something half-written is left'

# A wrong file among right ones: one line, nothing written.
printf 'protocol p 70 "t"\nmessage m 1 reads "t" { in a u12; }\n' >"$work/wrong.idl"
expect 1 "$work/wrong.idl:2: unknown type u12: one of u8 u16 u32 u64 i32 i64 bool bytes[N] text[N] was expected" \
	--out "$work/new" "$here/sample.idl" "$work/wrong.idl"
[ ! -e "$work/new" ] || fail 'output in spite of an error'

"$idl" --help >"$work/out" && grep -q '^usage: djed-idl' "$work/out" || fail '--help'

# Golden: the server's and client's headers of the samples, as they were read and found right.
expect 0 '' --out "$work/new" "$here/sample.idl" "$here/inline.idl"
for name in sample.h sample_client.h sample_server.h inlined_server.h; do
	diff -u "$here/golden/$name" "$work/new/protocols/$name" >&2 || fail "$name differs from golden/$name"
done

# Unchanged files keep their time, so that nothing is built again.
touch -d 2000-01-01 "$work/new/protocols/sample.h"
echo changed >"$work/new/protocols/sample_client.h"
expect 0 '' --out "$work/new" "$here/sample.idl" "$here/inline.idl"
[ "$(date -r "$work/new/protocols/sample.h" +%Y)" = 2000 ] || fail 'an unchanged file was written again'
cmp -s "$here/golden/sample_client.h" "$work/new/protocols/sample_client.h" || fail 'a changed file was kept'

expect 0 '' --docs "$work/docs" "$@"
for page in protocols.md linux-abi.md; do
	diff -u "$docs/$page" "$work/docs/$page" >&2 || fail "docs/$page is not current: build the target reference"
done

[ "$failures" -eq 0 ]
