#!/bin/sh
# numbers.sh COMPILER GENERATED OS: numbers of Linux calls and errors are those of the machine's own headers.
set -u
compiler=$1
generated=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

# name number, sorted, of what is defined by $1 with prefix $2.
defined() {
	echo "#include <$1>" | "$compiler" -E -dM - | sed -n "s/^#define $2\([A-Za-z0-9_]*\) \([0-9]*\)\$/\1 \2/p" | sort
}

defined asm/unistd_64.h __NR_ >"$work/calls"
sed -n 's/^\tLINUX_\([A-Z0-9_]*\) = \([0-9]*\),.*/\1 \2/p' "$generated/protocols/linux.h" | grep -v '^CALLS ' |
	tr A-Z a-z | sort >"$work/our-calls"
# Ours may not know the newest calls; what ours knows must be right.
comm -23 "$work/our-calls" "$work/calls" >"$work/wrong"
[ -s "$work/our-calls" ] && [ ! -s "$work/wrong" ] || {
	echo "not as in <asm/unistd_64.h>:" >&2
	cat "$work/wrong" >&2
	failures=1
}

cat >"$work/errors.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <stdio.h>
#include "abi/errors.h" /* identical definitions, or the compiler complains */
int main(void)
{
	int wrong = 0, count = 0;
#define ENTRY(name, text)                                                                     \
	count++;                                                                              \
	if (!strerrorname_np(name) || strcmp(strerrorname_np(name), #name) || strcmp(strerror(name), text)) \
		wrong++, printf("%s %d %s\n", #name, name, text);
	DJED_ERRORS(ENTRY)
	for (int i = 1; i < 200; i++)
		count -= strerrorname_np(i) != 0;
	return wrong || count;
}
C
"$compiler" -Werror -I"$3" "$work/errors.c" -o "$work/errors" && "$work/errors" >&2 || {
	echo "abi/errors.h is not as in <errno.h>" >&2
	failures=1
}
exit "$failures"
