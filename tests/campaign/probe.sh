# Run as a fresh process after the workload of every experiment: shows that the system still works, and the final
# file tree, so that lost or leaked state makes a difference that can be seen. It is part of each experiment's time.
echo "== probe"
find / \( -path /proc -o -path /dev -o -path /bin -o -path /sbin -o -path /usr \) -prune -o \
	-exec stat -c '%A %h %n' {} + -type f -exec md5sum {} +
echo "== probe ends" | cat
