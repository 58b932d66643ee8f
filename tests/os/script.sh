# Work of a small Unix system, for comparison between Djed and the host with the same busybox.
set -u
rm -rf /tmp/djed-script
mkdir /tmp/djed-script
cd /tmp/djed-script || exit 1

echo "-- files"
mkdir -p a/b/c
seq 1 100 >a/numbers
cp a/numbers a/b/copy
mv a/b/copy a/b/c/moved
cp -r a again
ls a a/b/c again
ls -R again | sort
ln -s ../numbers a/b/link
readlink a/b/link
cat a/b/link | wc -l
chmod 600 a/numbers
find . -type f -perm 600 | sort
touch empty
[ -s empty ] || echo empty

echo "-- text"
grep -n 7 a/numbers | head -3
sed -n 's/^1\(.\)$/ten and \1/p' a/numbers
awk '{ s += $1 } END { print s, NR }' a/numbers
sort -rn a/numbers | head -2
cut -c1 a/numbers | sort | uniq -c | sort -rn | head -1 | awk '{ print $1, $2 }'
tr 0-9 a-j <a/numbers | tail -1
cat <<HERE | while read -r first rest; do echo "$rest $first"; done
one two three
four five
HERE

echo "-- archives"
tar -cf all.tar a
tar -tf all.tar | sort | md5sum
gzip -9 all.tar
mkdir out
gunzip -c all.tar.gz | tar -xf - -C out
cmp a/numbers out/a/numbers && echo same
find out | sort
dd if=a/numbers of=part bs=10 skip=2 count=3 2>/dev/null
cat part
md5sum a/numbers part

echo "-- processes"
sleep 60 &
victim=$!
kill -9 $victim
wait $victim 2>/dev/null # whether ash names the signal depends on when it dies
echo "status $?"
(sleep 0.05; echo slept) &
wait
for i in 3 1 2; do
	(sleep 0.0$i; exit $i) &
done
wait
yes djed | head -3
sh -c 'trap "echo trapped; exit 7" TERM; kill -TERM $$; sleep 1'
echo "status $?"
sh -c 'kill -INT $$'
echo "status $?"
true | false | true
echo "pipe $?"
x=$(echo one; exit 4)
echo "$x $?"
test -d a -a ! -f b && echo test
set -- p q r
echo $# "$*"
echo "-- errors"
cat missing
ls -d /no/where
rmdir a
mkdir a
cd /tmp && rm -rf djed-script
exit 5
