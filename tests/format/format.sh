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
list=$(mktemp)
trap 'rm -f "$list"' EXIT
files | xargs -P "$(nproc)" -n 1 sh -c '"$0" --dry-run -Werror "$1" >/dev/null 2>&1 || echo "$1"' "$tool" >"$list"
[ ! -s "$list" ] || {
	sort "$list"
	echo "FAILED: these files are not in form; ninja format puts them right" >&2
	exit 1
}
