# The default workload of campaigns: what a small Unix system does all day, then calls of every kind, right and wrong
# (tests/campaign/work). Deterministic: no times, no random names. Starting a program is what costs most in QEMU, some 5 ms
# of the host's processor each, so each one here is there for what only it does.
set -u
cd /tmp || exit 1

step() {
	echo "== $1"
}

step files
mkdir -p work/a work/b/c
i=0
while [ $i -lt 12 ]; do
	echo "line $i of the file, with some text behind it" >>work/a/log
	i=$((i + 1))
done
cp work/a/log work/b/copy
cat work/b/copy
mv work/b/copy work/b/c/moved

step processes
(exit 3)
echo "status $?"
sleep 100 &
pid=$!
kill $pid
wait $pid
echo "killed: $?"
trap 'echo caught' USR1
kill -USR1 $$
trap - USR1
(
	sleep 0.001
	echo later >work/late
) &
wait
yes | while read -r word; do
	echo "got $word"
	break
done
while read -r word rest; do
	echo "$rest $word"
done <<T
here is a document
of two lines
T

step counter
if [ -x /bin/counter ]; then
	counter - <<T
add 5
add 37
get
add 18446744073709551 3
name 3 three
name 4 a-name-that-is-far-too-long-for-any-counter-that-there-is
get 99
list
reset 3
get 3
T
fi

step calls
if [ -x /bin/campaign-work ]; then
	campaign-work
	echo "status $?"
fi

step clean
rm -rf work/a work/b/c names.d
echo end
