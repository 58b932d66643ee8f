#include "space.h"

#include <errno.h>

static uint32_t *bucket_of(uint32_t pid)
{
	return &spaces.process_bucket[pid % PROCESS_BUCKETS];
}

struct process *process_find(uint32_t pid)
{
	uint32_t at = pid ? *bucket_of(pid) : 0;

	while (at && spaces.process[at - 1].pid != pid)
		at = spaces.process[at - 1].next;
	return at ? &spaces.process[at - 1] : NULL;
}

struct space *process_space(uint32_t pid)
{
	const struct process *process = process_find(pid);

	return process ? &spaces.space[process->space] : NULL;
}

djed_status process_add(uint32_t pid, struct space *space)
{
	uint32_t at = spaces.process_free;
	struct process *process;

	if (!pid)
		return -EINVAL;
	if (process_find(pid))
		return -EEXIST;
	if (!at)
		return -ENOMEM;
	process = &spaces.process[at - 1];
	spaces.process_free = process->next;
	spaces.processes++;
	*process = (struct process){.pid = pid, .space = space->id, .next = *bucket_of(pid)};
	*bucket_of(pid) = at;
	space->references++;
	return 0;
}

void process_remove(struct process *process)
{
	uint32_t at = (uint32_t)(process - spaces.process) + 1, *link = bucket_of(process->pid);

	while (*link != at) {
		djed_assert(*link);
		link = &spaces.process[*link - 1].next;
	}
	*link = process->next;
	process->pid = 0;
	process->next = spaces.process_free;
	spaces.process_free = at;
	spaces.processes--;
	space_release(&spaces.space[process->space]);
}

void process_move(struct process *process, struct space *space)
{
	struct space *left = &spaces.space[process->space];

	process->space = space->id;
	space_release(left);
}
