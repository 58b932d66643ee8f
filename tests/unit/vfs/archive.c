/* The boot archive: what is unpacked, and that a damaged one is only reported. */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char contents[70000];

static void build(void)
{
	memset(contents, 'c', sizeof(contents));
	world_add("manifest", '0', 0644, NULL, "service x\n", 10);
	world_add("rootfs/", '5', 0755, NULL, NULL, 0);
	world_add("rootfs/bin/", '5', 0711, NULL, NULL, 0);
	world_add("rootfs/bin/big", '0', 0755, NULL, contents, sizeof(contents));
	world_add("rootfs/bin/hard", '1', 0755, "rootfs/bin/big", NULL, 0);
	world_add("rootfs/bin/soft", '2', 0777, "big", NULL, 0);
	world_add("rootfs/deep/er/file", '0', 0600, NULL, "1", 1);
	world_add("rootfs/deep/er/file", '0', 0640, NULL, "22", 2); /* the later one counts */
	world_add("rootfs/bin/soft", '0', 0600, NULL, "no link any more", 16);
	world_end_archive();
}

static const struct linux_stat *stat_of(const char *path)
{
	uint64_t at = world_room(sizeof(struct linux_stat));

	cr_assert_eq(world_call(LINUX_LSTAT, world_text(path), at), 0, "%s is missing", path);
	return world_at(at);
}

Test(archive, unpacked)
{
	build();
	world_start();
	cr_assert_eq(stat_of("/bin")->mode, LINUX_S_IFDIR | 0711);
	cr_assert_eq(stat_of("/bin/big")->size, 70000);
	cr_assert_eq(stat_of("/bin/big")->nlink, 2);
	cr_assert_eq(stat_of("/bin/big")->mtime.seconds, 1000);
	cr_assert_eq(stat_of("/bin/hard")->ino, stat_of("/bin/big")->ino);
	cr_assert_eq(stat_of("/bin/soft")->mode, LINUX_S_IFREG | 0600);
	cr_assert_eq(stat_of("/deep/er")->mode, LINUX_S_IFDIR | 0755);
	cr_assert_eq(stat_of("/deep/er/file")->size, 2);
	cr_assert_eq(stat_of("/deep/er/file")->mode, LINUX_S_IFREG | 0640);
	world_check("unpacked");
}

/* Each damaged archive is unpacked in a process of its own: it must end with 0 or 1, never by a signal. */
Test(archive, damaged, .timeout = 60)
{
	uint64_t size;
	unsigned refused = 0;

	build();
	size = world_archive_size;
	world_archive_size = 0;
	world_add("x", '0', 0, NULL, NULL, 0);
	srand(1);
	world_archive_size = 0;
	build();
	uint8_t *good = malloc(size);
	memcpy(good, world_archive, size);
	world_archive_size = 0;
	world_end_archive();
	world_start();
	for (int round = 0; round < 400; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			uint64_t cut = size;

			srand((unsigned)round + 7);
			if (round % 3 == 0) {
				cut = (uint64_t)rand() % size;
			} else {
				for (int i = 0; i < 1 + round % 5; i++) {
					uint64_t at = (uint64_t)(rand() % 9) * 512 +
						      (round % 2 ? 70144u * (unsigned)(rand() % 2) : 0);

					good[(at + (uint64_t)rand() % 512) % size] ^=
					    (uint8_t)(1 << rand() % 8);
				}
				/* With the sum put right, so that the damage itself is met. */
				for (uint64_t at = 0; round % 5 && at + 512 <= size; at += 512) {
					unsigned sum = 8 * ' ';

					if (memcmp(good + at + 257, "ustar", 5) != 0)
						continue;
					for (int i = 0; i < 512; i++)
						sum += i >= 148 && i < 156 ? 0 : good[at + (uint64_t)i];
					snprintf((char *)good + at + 148, 8, "%06o", sum);
				}
			}
			_exit(archive_unpack(good, cut) ? 1 : host_audit("vfs").violations ? 2 : 0);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2, "round %d: status %x", round, status);
		refused += WEXITSTATUS(status) == 1;
	}
	cr_assert_gt(refused, 150, "only %u damaged archives were refused", refused);
	free(good);
}
