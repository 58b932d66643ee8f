/* Character devices that vfs serves itself, and the names under /dev. */
#include "vfs.h"

#include <string.h>

enum device device_kind(uint64_t number)
{
	switch (number) {
	case 0x103:
		return DEVICE_NULL;
	case 0x105:
		return DEVICE_ZERO;
	case 0x107:
		return DEVICE_FULL;
	case 0x108:
	case 0x109:
		return DEVICE_RANDOM;
	case 0x440: /* ttyS0 */
	case 0x500: /* tty */
	case 0x501: /* console */
		return DEVICE_TERMINAL;
	default:
		return DEVICE_NONE;
	}
}

/* ChaCha20 (RFC 8439) over a counter: a key from the machine at start, a block per 64 bytes asked for. */
static uint32_t random_key[8];
static uint64_t random_blocks;

static uint32_t rotate(uint32_t word, unsigned by)
{
	return word << by | word >> (32 - by);
}

static void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

static void random_block(uint32_t out[16])
{
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(start + 4, random_key, sizeof(random_key));
	start[12] = (uint32_t)random_blocks;
	start[13] = (uint32_t)(random_blocks >> 32);
	random_blocks++;
	memcpy(out, start, sizeof(start));
	for (int round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (int i = 0; i < 16; i++)
		out[i] += start[i];
}

static void random_start(void)
{
	uint64_t word = djed_wall_seconds() ^ djed_now() << 20;

	for (int i = 0; i < 8; i++) {
		word = djed_mix(word ^ __builtin_readcyclecounter());
		random_key[i] = (uint32_t)word;
	}
}

static djed_status read_random(uint64_t address, uint64_t length)
{
	uint64_t done = 0;

	while (done < length) {
		uint32_t block[16];
		uint64_t part = length - done < sizeof(block) ? length - done : sizeof(block);

		random_block(block);
		if (client_write(address + done, block, part))
			return done ? (djed_status)done : -EFAULT;
		done += part;
	}
	return (djed_status)done;
}

static djed_status read_zeros(uint64_t address, uint64_t length)
{
	static const uint8_t zeros[DJED_PAGE_SIZE];
	uint64_t done = 0;

	while (done < length) {
		uint64_t part = length - done < sizeof(zeros) ? length - done : sizeof(zeros);
		uint64_t got = client_write_some(address + done, zeros, part);

		done += got;
		if (got < part)
			return done ? (djed_status)done : -EFAULT;
	}
	return (djed_status)done;
}

djed_status device_read(uint64_t number, uint64_t address, uint64_t length)
{
	if (length > VFS_STEP)
		length = VFS_STEP;
	switch (device_kind(number)) {
	case DEVICE_NULL:
		return 0;
	case DEVICE_ZERO:
	case DEVICE_FULL:
		return read_zeros(address, length);
	case DEVICE_RANDOM:
		return read_random(address, length);
	default:
		return -ENXIO;
	}
}

djed_status device_write(uint64_t number, uint64_t length)
{
	switch (device_kind(number)) {
	case DEVICE_NULL:
	case DEVICE_ZERO:
	case DEVICE_RANDOM:
		return (djed_status)length;
	case DEVICE_FULL:
		return -ENOSPC;
	default:
		return -ENXIO;
	}
}

static void make_name(uint32_t directory, const char *name, uint32_t mode, uint64_t device,
		      const char *target)
{
	uint32_t inode;
	djed_status status;
	struct place place = {
	    .directory = inode_node(directory), .name = name, .length = (uint32_t)strlen(name)};
	static const struct process nobody; /* user 0 */

	if (directory_find(directory, place.name, place.length))
		return; /* the archive brought its own */
	if (target)
		status = name_symlink(&nobody, &place, target, (uint32_t)strlen(target));
	else
		status = name_create(&nobody, &place, mode, device, &inode);
	if (status)
		djed_panic("/dev/%s: error %d", name, (int)-status);
}

void devices_start(void)
{
	const struct entry *dev;

	random_start();
	make_name(VFS_ROOT, "dev", LINUX_S_IFDIR | 0755, 0, NULL);
	dev = directory_find(VFS_ROOT, "dev", 3);
	if (!is_type(&vfs_inode[dev->inode], LINUX_S_IFDIR))
		djed_panic("/dev of the root file system is not a directory");
	make_name(dev->inode, "null", LINUX_S_IFCHR | 0666, 0x103, NULL);
	make_name(dev->inode, "zero", LINUX_S_IFCHR | 0666, 0x105, NULL);
	make_name(dev->inode, "full", LINUX_S_IFCHR | 0666, 0x107, NULL);
	make_name(dev->inode, "random", LINUX_S_IFCHR | 0666, 0x108, NULL);
	make_name(dev->inode, "urandom", LINUX_S_IFCHR | 0666, 0x109, NULL);
	make_name(dev->inode, "tty", LINUX_S_IFCHR | 0666, 0x500, NULL);
	make_name(dev->inode, "console", LINUX_S_IFCHR | 0600, 0x501, NULL);
	make_name(dev->inode, "ttyS0", LINUX_S_IFCHR | 0660, 0x440, NULL);
	make_name(dev->inode, "fd", 0, 0, "/proc/self/fd");
	make_name(dev->inode, "stdin", 0, 0, "/proc/self/fd/0");
	make_name(dev->inode, "stdout", 0, 0, "/proc/self/fd/1");
	make_name(dev->inode, "stderr", 0, 0, "/proc/self/fd/2");
}
