# For the tests of this folder.  boot ARCHIVE WORDS...: boots the system of recovery with words for its command line; its log is
# $work/log.  The run must end by itself, without a panic.
boot() {
	archive=$1
	shift
	status=0
	timeout -k 1 50 qemu-system-x86_64 -M microvm,acpi=off -nodefaults -no-reboot -accel tcg -icount shift=0,sleep=off -cpu max -m 160 -display none \
		-serial null -debugcon "file:$work/log" -device isa-debug-exit,iobase=0xf4,iosize=4 -seed 1 \
		-kernel "$DJED_BUILD_DIR/campaign/kernel" -initrd "$ARCHIVES/$archive/boot.tar" -append "$*" || status=$?
	[ "$status" = 33 ] || fail "$*: QEMU ended with status $status: $(tail -3 "$work/log")"
	! grep -q panic "$work/log" || fail "$*: $(grep panic "$work/log")"
}

# logged COUNT PATTERN: how often a line must be in the log.
logged() {
	[ "$(grep -c "$2" "$work/log")" = "$1" ] || {
		cat "$work/log" >&2
		fail "not $1 times in the log: $2"
	}
}

# All that the prober asked for was right, and the final audit found nothing.
right() {
	logged 1 'prober: [0-9]* steps, 0 wrong'
	logged 0 'violation'
	logged 0 'shutdown'
}

# A site in the counter's addition, whose total would be wrong if it were not undone.
counter_site() {
	awk '$3 == "handle" && $4 ~ /counter\.c/ && $5 == "null-pointer" { print $1 }' "$DJED_BUILD_DIR/campaign/services/counter.sites" | sed -n 2p
}
