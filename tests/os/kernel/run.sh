# run.sh KERNEL ARCHIVE [WORD...]: boots a test of the kernel; the log must end with "root: passed" and hold no panic.
# WORD `count`: under -icount, so that clock ticks are instructions. All words go to the kernel's command line.
set -eu
kernel=$1 archive=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count=
case " $* " in *" count "*) count='-icount shift=0,sleep=off' ;; esac
status=0
# shellcheck disable=SC2086
timeout -k 1 50 qemu-system-x86_64 -M microvm,acpi=off -nodefaults -no-reboot -accel tcg -cpu max -m 128 -display none \
	$count -serial null -debugcon "file:$log" -device isa-debug-exit,iobase=0xf4,iosize=4 -seed 1 \
	-kernel "$kernel" -initrd "$archive" -append "$*" || status=$?
grep -v crashed "$log" | tail -20
[ "$status" = 33 ] || { echo "FAILED: QEMU ended with status $status" >&2; exit 1; }
! grep -q panic "$log" || { echo "FAILED: the kernel panicked" >&2; exit 1; }
[ "$(tail -1 "$log")" = "root: passed" ] || { echo "FAILED: the test did not pass" >&2; exit 1; }
