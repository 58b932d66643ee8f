# For the tests of this folder.  boot ARCHIVE WORDS...: boots the system of recovery with words for its command line; its log is
# $work/log.  The run must end by itself, without a panic. The word fault=CLASS:SERVER:SITE:NTH:once wakes a dormant fault from the
# beginning, in the service's slot (os/abi/lab.h). Time is counted in instructions, so that a busy machine is not taken for a server
# that hangs; tests of what takes long set timing to nothing.
timing='-icount shift=0,sleep=off'
boot() {
	archive=$1 loader=
	shift
	for word in $*; do
		case $word in
		fault=*) fault_slot $(echo "$word" | tr : ' ') ;;
		esac
	done
	status=0
	timeout -k 1 50 qemu-system-x86_64 -M microvm,acpi=off -nodefaults -no-reboot -accel tcg $timing -cpu max -m 160 -display none \
		-serial null -debugcon "file:$work/log" -device isa-debug-exit,iobase=0xf4,iosize=4 -seed 1 $loader \
		-kernel "$DJED_BUILD_DIR/campaign/kernel" -initrd "$ARCHIVES/$archive/boot.tar" -append "$*" || status=$?
	[ "$status" = 33 ] || fail "$*: QEMU ended with status $status: $(tail -3 "$work/log")"
	! grep -q panic "$work/log" || fail "$*: $(grep panic "$work/log")"
}

# little NUMBER BYTES: the number's bytes, lowest first.
little() {
	rest=$1
	for byte in $(seq "$2"); do
		printf "\\$(printf %o $((rest % 256)))"
		rest=$((rest / 256))
	done
}

# fault_slot CLASS SERVER SITE NTH once: the slot with this fault, all functions awake, as an option for QEMU in $loader.
fault_slot() {
	number=$(awk -v name="$2" '$1 == "service" { n++ } $1 == "service" && $2 == name { print n }' "$tests/manifest")
	{
		little "$3" 8
		little "$4" 8
		little 0 24
		head -c 4056 /dev/zero | tr '\000' '\001'
	} >"$work/slot"
	loader="-device loader,file=$work/slot,addr=$((0x10000 + number * 4096)),force-raw=on"
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
