/* What programs cannot do without, in the simplest way: for a request that is delivered again, because some
 * server crashed in the usual way. It ends exactly as there, but that what is closed is closed a little later
 * (limbo.c). Nothing here is shared with the handlers, as far as that is possible: one of them may be what
 * crashes. */
#include "vfs.h"

#include <protocols/linux.h>
#include <protocols/vfs.h>

static struct process *find(uint32_t pid)
{
	for (uint32_t i = 0; pid && i < VFS_PROCESSES; i++)
		if (vfs_process[i].pid == pid)
			return &vfs_process[i];
	return NULL;
}

static struct descriptor *slot_at(const struct process *process, uint64_t fd)
{
	if (fd >= VFS_DESCRIPTORS || !process->chunk[fd / VFS_CHUNK])
		return NULL;
	return &process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK];
}

/* Where there is already a place for the new descriptor. */
static bool duplicate(struct process *process, uint64_t from, uint64_t to)
{
	const struct descriptor *source = from < process->limit ? slot_at(process, from) : NULL;
	struct descriptor *target = slot_at(process, to);
	uint16_t file;

	if (!source || !source->file || !target)
		return false;
	file = source->file;
	if (from != to) {
		if (to < process->limit && target->file && !limbo_close(process, to))
			return false;
		vfs_file[file].references++;
		*target = (struct descriptor){.file = file};
		if (to >= VFS_CHUNK)
			vfs_far_changes++;
		if (process->limit <= to)
			process->limit = (uint32_t)to + 1;
		while (process->lowest < process->limit && slot_at(process, process->lowest)->file)
			process->lowest++;
	}
	djed_reply_words(0, &to, 1);
	return true;
}

bool simple_dispatch(const struct djed_delivery *d)
{
	const uint64_t *word = d->message.word;
	struct process *caller = find((uint32_t)(d->badge >> 32));

	switch (d->message.label) {
	case VFS_EXIT:
		caller = find((uint32_t)word[0]);
		if (!caller || (!limbo_holds(caller->pid) && !limbo_exit(caller)))
			return false;
		break;
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_CLOSE):
		if (!caller || !limbo_close(caller, (uint32_t)word[0]))
			return false;
		break;
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_DUP2):
		return caller && duplicate(caller, (uint32_t)word[0], (uint32_t)word[1]);
	default:
		return false;
	}
	djed_reply(0);
	return true;
}
