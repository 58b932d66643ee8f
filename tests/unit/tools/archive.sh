# archive.sh DJED-MANIFEST DJED-IMAGE: what the two say to a build that goes wrong, and that nothing is then written.
set -eu
manifest=$1 image=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# refused REASON COMMAND...: the command fails with one line that says so, and leaves no file `out`.
refused() {
	reason=$1
	shift
	status=0
	"$@" >output 2>&1 || status=$?
	if [ "$status" = 0 ] || [ -e out ] || [ "$(wc -l <output)" != 1 ] || ! grep -qF -- "$reason" output; then
		echo "FAILED: $*: status $status, '$(cat output)' for '$reason'" >&2
		exit 1
	fi
}
printf 'service rs\npriority 17\nheap 64K\nlog 4K\ngrants recovery\nreceives crash\n' >good
printf 'service other\npriority 18\nheap 64K\nlog 4K\ncalls nobody\nrecovery retry\n' >bad
refused "bad:5: there is no service 'nobody'" "$manifest" --out out good bad
refused "cannot read absent" "$manifest" --out out good absent
refused "/dev/null:1: no service receives crashes" "$manifest" --out out /dev/null
refused "good:1: there is no image 'rs'" "$manifest" --out out good --images root
refused "unknown option '--image'" "$manifest" --out out good --image rs
printf "record\nrestart nobody\n" >script
refused "script:2: there is no service 'nobody'" "$manifest" --out out good --policies script
refused "cannot read absent" "$manifest" --out out good --policies absent
"$manifest" --out records good --images root rs

refused "cannot read ./root.elf" "$image" --out out --services . --manifest records
cp good root.elf
refused "./root.elf: not a 64-bit ELF file" "$image" --out out --services . --manifest records
refused "good: not what djed-manifest writes" "$image" --out out --services . --manifest good
refused "cannot read ./mine.elf" "$image" --out out --services . root=mine
refused "unknown option '--nonsense'" "$image" --nonsense 1
refused "--out and --services are needed" "$image" --out out
