# Run as a fresh process after the workload of every experiment: shows that the system still works, and the final
# file tree, so that lost or leaked state makes a difference that can be seen.
echo "== probe"
find / -path /proc -prune -o -path /dev -prune -o -path /bin -prune -o -path /sbin -prune -o -path /usr -prune -o -type f -print |
	sort | while read -r f; do md5sum "$f"; done
find / -path /proc -prune -o -path /dev -prune -o -path /bin -prune -o -path /sbin -prune -o -path /usr -prune -o ! -type f -print | sort
echo probe | cat >/tmp/probe && cat /tmp/probe && rm /tmp/probe
echo "== probe ends"
