# For tests that need another manifest.  make_system VARIANT MANIFEST...: makes $work/build, which djed run takes for a build whose
# variant has that system; the root file system is the usual one.
make_system() {
	variant=$1 usual=$DJED_BUILD_DIR
	shift
	rm -rf "$work/build" "$work/stage"
	mkdir -p "$work/build/$variant" "$work/stage"
	tar -C "$work/stage" -xf "$usual/$variant/boot.tar"
	"$usual/bin/djed-manifest" --out "$work/records" "$@" --policies "$DJED_HOME"/os/image/policies/*
	"$usual/bin/djed-image" --out "$work/stage/system" --services "$usual/$variant/services" --manifest "$work/records"
	tar --format=ustar -C "$work/stage" -cf "$work/build/$variant/boot.tar" system rootfs
	ln -s "$usual/$variant/kernel" "$usual/$variant/services" "$work/build/$variant/"
	ln -s "$usual/bin" "$work/build/"
	DJED_BUILD_DIR=$work/build
	export DJED_BUILD_DIR
}
