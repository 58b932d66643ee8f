# A small workload for the tests of the laboratory itself.
cd /tmp || exit 1
mkdir small
i=0
while [ $i -lt 5 ]; do
	echo "line $i" >>small/file
	i=$((i + 1))
done
sort -r small/file | head -2
cat small/file | wc -l
(exit 3)
echo "status $?"
rm -r small
