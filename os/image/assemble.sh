#!/bin/sh
# Assembles a boot archive (ustar): the system (os/abi/system.h), which must come first, and the root file system.
#
#   assemble.sh OUTPUT SYSTEM ROOTFS-FILES...
#
# The same inputs give the same bytes. ROOTFS-FILES are HOST-PATH=GUEST-PATH.
set -eu
output=$1 system=$2
shift 2
busybox=$(command -v busybox) || {
	echo "assemble: busybox is not installed (Debian package busybox-static)" >&2
	exit 1
}

stage=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/rootfs/bin" "$stage/rootfs/etc" "$stage/rootfs/root" "$stage/rootfs/tmp" \
	"$stage/rootfs/home" "$stage/rootfs/var" "$stage/rootfs/usr/bin"
cp "$system" "$stage/system"

# The root file system: Debian's static busybox under all its names.
cp "$busybox" "$stage/rootfs/bin/busybox"
"$busybox" --list | while read -r applet; do
	[ "$applet" = busybox ] || ln -s busybox "$stage/rootfs/bin/$applet"
done
ln -s bin "$stage/rootfs/sbin"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$stage/rootfs/etc/passwd"
printf 'root:x:0:\n' >"$stage/rootfs/etc/group"
printf 'djed\n' >"$stage/rootfs/etc/hostname"
for file in "$@"; do
	mkdir -p "$stage/rootfs/$(dirname "${file#*=}")"
	cp "${file%%=*}" "$stage/rootfs/${file#*=}"
done
chmod 1777 "$stage/rootfs/tmp"
tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$stage" -cf "$output" \
	system rootfs
