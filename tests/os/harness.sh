# Runs one test of this folder: `sh harness.sh NAME.test`. A test uses the functions here; the first thing that fails ends it.
set -eu
tests=$(CDPATH='' cd -- "$(dirname -- "$1")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# djed ARGS...: djed run, at most 60 s, its kernel log in $work/log. What it says of a fault (--fault) in the end is in $work/struck, the
# rest of stderr is ours: so the output is that of a run without one.
djed() {
	said=$(mktemp "$work/said.XXXXXX")
	code=0
	timeout -k 1 60 "$DJED_BUILD_DIR/bin/djed-run" --log "$work/log" "$@" 2>"$said" || code=$?
	sed -n 's/^djed run: the fault //p' "$said" >"$work/struck"
	grep -v '^djed run: the fault ' "$said" >&2 || true
	rm "$said"
	return $code
}

# expect STATUS OUTPUT COMMAND...: exact output (both streams) and exit status.
expect() {
	wanted_status=$1 wanted_output=$2
	shift 2
	status=0
	"$@" >"$work/output" 2>&1 </dev/null || status=$?
	printf '%s' "$wanted_output" >"$work/wanted"
	if [ "$status" != "$wanted_status" ] || ! cmp -s "$work/output" "$work/wanted"; then
		echo "command: $*" >&2
		diff -u "$work/wanted" "$work/output" >&2 || true
		tail -5 "$work/log" >&2 2>/dev/null || true
		fail "status $status for $wanted_status"
	fi
}

. "$1"
