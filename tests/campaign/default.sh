# The default workload of campaigns: what a small Unix system does all day. Deterministic: no times, no random names.
set -u
cd /tmp || exit 1

step() {
	echo "== $1"
}

step files
mkdir -p work/a work/b/c
i=0
while [ $i -lt 20 ]; do
	echo "line $i of the file, with some text behind it" >>work/a/log
	i=$((i + 1))
done
cp work/a/log work/b/copy
mv work/b/copy work/b/c/moved
ln work/b/c/moved work/hard
ln -s b/c/moved work/soft
cat work/soft | wc
ls work work/b/c
chmod 640 work/hard
rm work/a/log
stat -c '%n %s %a %h' work/hard work/soft
[ -e work/a/log ] || echo gone

step text
seq 1 200 | sed 's/7/seven/g' | grep seven | sort -r | head -5
awk 'BEGIN { for (i = 0; i < 50; i++) s += i * i; print s }'
printf 'b 2\na 1\nc 3\n' | sort | awk '{ print $2 $1 }'
tr a-z A-Z <<T
here is a document
T
echo "$(seq 1 50 | wc -l) lines"

step archives
dd if=/dev/zero of=work/zeros bs=4096 count=8 2>/dev/null
tar -cf work.tar work
tar -tf work.tar | sort
gzip work.tar
gunzip -c work.tar.gz | md5sum
mkdir again
tar -xzf work.tar.gz -C again
find again -type f | sort | while read -r f; do md5sum "$f"; done

step processes
for i in 1 2 3 4 5 6 7 8; do
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
	sleep 0.01
	echo later >work/late
) &
wait
cat work/late
echo one | cat | cat | cat
{ echo first; echo second; } | while read -r word; do echo "got $word"; done
sh -c 'echo $0 $1' zero one
yes | head -2000 | wc -l
i=0
while [ $i -lt 10 ]; do
	ls /bin >/dev/null
	i=$((i + 1))
done

step refused
cat /no/such/file 2>/dev/null || echo no file
mkdir work 2>/dev/null || echo exists
rmdir work 2>/dev/null || echo not empty
cat work >/dev/null 2>&1 || echo is a folder

step bytes
dd if=work/zeros of=work/half bs=512 count=20 2>/dev/null
printf 'patch' | dd of=work/half bs=1 seek=100 conv=notrunc 2>/dev/null
od -A d -t x1 work/half | head -12
dd if=/dev/zero bs=1 count=300 2>/dev/null | wc -c
cmp work/half work/zeros >/dev/null 2>&1 || echo differs
truncate -s 100 work/half
wc -c <work/half
expr 6 \* 7
basename /a/b/c.d .d
uname -s
id -u
umask
pwd

step counter
if [ -x /bin/counter ]; then
	counter add 5
	counter add 37
	counter get
fi

step clean
rm -rf again work.tar.gz
find work | sort
echo end
