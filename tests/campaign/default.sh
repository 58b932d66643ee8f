# The default workload of campaigns: what a small Unix system does all day, then calls of every kind, right and wrong
# (tests/campaign/work). Deterministic: no times, no random names.
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
mv work/b/copy work/b/c/moved
ln work/b/c/moved work/hard
ln -s b/c/moved work/soft
cat work/soft | wc
ls -l work/b | wc -l
chmod 640 work/hard
rm work/a/log
stat -c '%n %s %a %h' work/hard work/soft

step text
seq 1 100 | sed 's/7/seven/g' | grep seven | sort -r | head -3
awk 'BEGIN { for (i = 0; i < 50; i++) s += i * i; print s }'
tr a-z A-Z <<T
here is a document
T
echo "$(seq 1 50 | wc -l) lines"

step archives
dd if=/dev/zero of=work/zeros bs=4096 count=8 2>/dev/null
tar -cf work.tar work
mkdir again
tar -xf work.tar -C again
find again -type f | sort | xargs md5sum

step processes
for i in 1 2 3; do
	(exit $i)
	echo "status $?"
done
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
cat work/late
{ echo first; echo second; } | while read -r word; do echo "got $word"; done
yes | head -100 | wc -l

step refused
cat /no/such/file 2>/dev/null || echo no file
rmdir work 2>/dev/null || echo not empty

step bytes
dd if=work/zeros of=work/half bs=512 count=8 2>/dev/null
printf 'patch' | dd of=work/half bs=1 seek=100 conv=notrunc 2>/dev/null
od -A d -t x1 work/half
truncate -s 100 work/half
wc -c <work/half

step counter
if [ -x /bin/counter ]; then
	counter add 5
	counter add 37
	counter get
	counter add 18446744073709551 3
	counter name 3 three
	counter name 4 "a name that is far too long for any counter that there is"
	counter get 99
	counter list
	counter reset 3
	counter get 3
fi

step calls
if [ -x /bin/campaign-work ]; then
	campaign-work
	echo "status $?"
fi

step clean
rm -rf again work.tar names.d
find work | sort
echo end
