# format.sh CLANG-FORMAT SOURCES [-i]: names the C and C++ files that are not as .clang-format wants them; -i: puts them into form.
set -eu
tool=$1
cd "$2"
files() {
	find passes runtime os tools examples tests -name '*.[ch]' -o -name '*.cpp' | sort
}
[ "$(files | wc -l)" -gt 100 ] || {
	echo "FAILED: no sources in $2" >&2
	exit 1
}
if [ "${3-}" = -i ]; then
	files | xargs -P "$(nproc)" -n 16 "$tool" -i
	exit
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
files | xargs -P "$(nproc)" -n 32 "$tool" --dry-run -Werror >"$out" 2>&1 || {
	sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: error: code should be clang-formatted.*/\1/p' "$out" | sort -u | grep . || head -5 "$out"
	echo "FAILED: these files are not in form; ninja format puts them right" >&2
	exit 1
}
