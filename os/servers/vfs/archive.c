/* The root file system comes from the boot archive: a ustar file, entries under rootfs/. It is made by tools
 * on the host, but a truncated or damaged one must not do more than be reported: every number in it is
 * checked. */
#include "vfs.h"

#include <protocols/store_client.h>
#include <string.h>

struct header {
	char name[100], mode[8], user[8], group[8], size[12], time[12], checksum[8], type, link[100],
	    magic[6], version[2], user_name[32], group_name[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == 512, "a ustar block");

static const char root_prefix[] = "rootfs/";

static djed_status octal(const char *digits, unsigned length, uint64_t *value)
{
	unsigned i = 0;

	*value = 0;
	while (i < length && digits[i] == ' ')
		i++;
	for (; i < length && digits[i] && digits[i] != ' '; i++) {
		if (digits[i] < '0' || digits[i] > '7' || *value >> 60)
			return -EINVAL;
		*value = *value << 3 | (uint64_t)(digits[i] - '0');
	}
	return 0;
}

static bool checksum_fits(const struct header *header)
{
	const uint8_t *byte = (const uint8_t *)header;
	uint64_t told, sum = 0;

	for (unsigned i = 0; i < sizeof(*header); i++)
		sum += i >= offsetof(struct header, checksum) && i < offsetof(struct header, type) ? ' '
												   : byte[i];
	return octal(header->checksum, sizeof(header->checksum), &told) == 0 && told == sum;
}

/* The whole name, NUL-terminated. `to` has room for both parts and a slash. */
static void whole_name(const struct header *header, char *to)
{
	uint32_t length = (uint32_t)strnlen(header->prefix, sizeof(header->prefix));
	uint32_t rest = (uint32_t)strnlen(header->name, sizeof(header->name));

	memcpy(to, header->prefix, length);
	if (length)
		to[length++] = '/';
	memcpy(to + length, header->name, rest);
	to[length + rest] = 0;
}

static const struct process nobody; /* user 0, no process: the unpacking acts for nobody */

/* Walks to `path`, without the archive's own prefix, making the directories that are missing on the way. */
static djed_status walk_to(const char *path, struct place *place)
{
	djed_status status;

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		uint32_t inode;

		if (at == path || at[1] == 0)
			continue;
		memcpy(place->text, path, (size_t)(at - path));
		place->text[at - path] = 0;
		status = path_walk(&nobody, inode_node(VFS_ROOT), WALK_FOLLOW, place);
		if (!status && no_node(place->node))
			status = name_create(&nobody, place, LINUX_S_IFDIR | 0755, 0, &inode);
		if (status)
			return status;
	}
	strlcpy(place->text, path, sizeof(place->text));
	return path_walk(&nobody, inode_node(VFS_ROOT), WALK_PARENT, place);
}

static djed_status write_contents(uint32_t number, const uint8_t *bytes, uint64_t length)
{
	for (uint64_t done = 0; done < length;) {
		uint32_t part = length - done < VFS_STEP ? (uint32_t)(length - done) : VFS_STEP;
		djed_status count = transfer_write_own(&vfs_inode[number], done, bytes + done, part);

		if (count < 0)
			return count;
		done += (uint64_t)count;
	}
	return 0;
}

static djed_status add_hard_link(const struct header *header, const struct place *place)
{
	static struct place target;
	char text[sizeof(header->link) + 1] = {0};
	const char *from = text;
	djed_status status;

	memcpy(text, header->link, sizeof(header->link));
	if (strncmp(text, root_prefix, sizeof(root_prefix) - 1) == 0)
		from += sizeof(root_prefix) - 1;
	strlcpy(target.text, from, sizeof(target.text));
	status = path_walk(&nobody, inode_node(VFS_ROOT), 0, &target);
	return status ? status : name_link(&nobody, &target, place);
}

static djed_status add_entry(const struct header *header, const char *path, const uint8_t *bytes,
			     uint64_t size)
{
	static struct place place;
	uint64_t mode, seconds, user, group, major, minor;
	char target[sizeof(header->link) + 1] = {0};
	uint32_t inode = 0;
	djed_status status = walk_to(path, &place);

	if (status)
		return status;
	if (octal(header->mode, sizeof(header->mode), &mode) ||
	    octal(header->time, sizeof(header->time), &seconds) ||
	    octal(header->user, sizeof(header->user), &user) ||
	    octal(header->group, sizeof(header->group), &group) ||
	    octal(header->major, sizeof(header->major), &major) ||
	    octal(header->minor, sizeof(header->minor), &minor))
		return -EINVAL;
	mode &= 07777;
	if (header->type == '5' && place.length == 0)
		inode = place.node.inode; /* the root directory itself */
	else if (!no_node(place.node)) {
		if (header->type == '5' && node_is_directory(place.node)) {
			inode = place.node.inode;
		} else {
			status = name_unlink(&nobody, &place);
			if (status)
				return status;
			place.node = (struct node){0};
		}
	}
	place.slash = false;
	memcpy(target, header->link, sizeof(header->link));
	switch (header->type) {
	case '0':
	case 0:
		status = name_create(&nobody, &place, LINUX_S_IFREG, 0, &inode);
		if (!status)
			status = write_contents(inode, bytes, size);
		break;
	case '1':
		return add_hard_link(header, &place);
	case '2':
		return name_symlink(&nobody, &place, target, (uint32_t)strlen(target));
	case '3':
		status = name_create(&nobody, &place, LINUX_S_IFCHR,
				     linux_device((uint32_t)major, (uint32_t)minor), &inode);
		break;
	case '5':
		if (!inode)
			status = name_create(&nobody, &place, LINUX_S_IFDIR, 0, &inode);
		break;
	case '6':
		status = name_create(&nobody, &place, LINUX_S_IFIFO, 0, &inode);
		break;
	default:
		return -EINVAL;
	}
	if (status || !inode)
		return status;
	vfs_inode[inode].mode = (vfs_inode[inode].mode & LINUX_S_IFMT) | (uint32_t)mode;
	vfs_inode[inode].user = (uint32_t)user;
	vfs_inode[inode].group = (uint32_t)group;
	vfs_inode[inode].modified = (int64_t)((seconds & 0xffffffffffu) * 1000000000u & INT64_MAX);
	return 0;
}

static bool all_zero(const uint8_t *block)
{
	for (unsigned i = 0; i < 512; i++)
		if (block[i])
			return false;
	return true;
}

djed_status archive_unpack(const uint8_t *archive, uint64_t size)
{
	uint64_t at = 0;

	while (size - at >= sizeof(struct header) && !all_zero(archive + at)) {
		const struct header *header = (const struct header *)(archive + at);
		char name[sizeof(header->prefix) + 1 + sizeof(header->name) + 1];
		const char *path = name;
		uint64_t length, padded;
		djed_status status;

		if (memcmp(header->magic, "ustar", 5) != 0 || !checksum_fits(header) ||
		    octal(header->size, sizeof(header->size), &length)) {
			djed_log("boot archive: no ustar header at byte %lu", (unsigned long)at);
			return -EINVAL;
		}
		at += sizeof(*header);
		if (header->type == '1' || header->type == '2' || header->type == '5')
			length = 0;
		whole_name(header, name);
		padded = (length + 511) / 512 * 512;
		if (padded > size - at) {
			djed_log("boot archive: it ends within %s", name);
			return -EINVAL;
		}
		if (strncmp(path, "./", 2) == 0)
			path += 2;
		if (strncmp(path, root_prefix, sizeof(root_prefix) - 1) == 0) {
			path += sizeof(root_prefix) - 1;
			if (*path) {
				status = add_entry(header, path, archive + at, length);
				if (status) {
					djed_log("boot archive: %s: error %d", name, (int)-status);
					return status;
				}
			}
		}
		at += padded;
	}
	if (size - at < sizeof(struct header)) {
		djed_log("boot archive: it ends without an end mark");
		return -EINVAL;
	}
	return 0;
}
