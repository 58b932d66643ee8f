/* poll and select. They park here alone (rule 6): whoever changes something notifies or wakes, and they look
 * again. */
#include "handlers.h"

#include <protocols/console_client.h>
#include <protocols/linux_vfs_server.h>
#include <string.h>

/* What one look at descriptors has found out about whom to wait for. */
struct watch {
	uint64_t pipes;
	bool console;
	bool waits; /* there is time left: console shall notify */
	uint32_t console_events;
};

static djed_status events_of(const struct file *file, struct watch *watch, uint32_t *events)
{
	switch (file->kind) {
	case FILE_PIPE:
		*events = pipe_ready(&vfs_pipe[file->pipe], file->flags);
		watch->pipes |= UINT64_C(1) << file->pipe % 64;
		return 0;
	case FILE_TERMINAL:
		if (!watch->console) {
			djed_status status =
			    console_ready(vfs_slots.console, watch->waits, &watch->console_events);

			if (status)
				return status;
			watch->console = true;
		}
		*events = watch->console_events;
		if (*events & LINUX_POLLIN)
			*events |= LINUX_POLLRDNORM;
		if (*events & LINUX_POLLOUT)
			*events |= LINUX_POLLWRNORM;
		return 0;
	case FILE_PATH:
		*events = LINUX_POLLNVAL;
		return 0;
	default:
		*events = LINUX_POLLIN | LINUX_POLLOUT | LINUX_POLLRDNORM | LINUX_POLLWRNORM;
		return 0;
	}
}

/* When the held request's time is over, ns since boot; 0: never. `timeout` in ns, negative: never. */
static uint64_t deadline_of(const struct process *process, int64_t timeout)
{
	if (timeout < 0)
		return 0;
	if (wait_resumed())
		return wait_of(process)->deadline;
	return djed_now() + (uint64_t)timeout;
}

static void park(struct process *process, const struct watch *watch, uint64_t deadline)
{
	wait_of(process)->pipes = watch->pipes;
	wait_of(process)->console = watch->console;
	wait_park(process, WAIT_POLL, 0, 0, deadline);
}

/* How much of the time is left, for calls that write it back. */
static struct linux_timespec remaining(uint64_t deadline)
{
	uint64_t now = djed_now(), left = deadline > now ? deadline - now : 0;

	return (struct linux_timespec){(int64_t)(left / 1000000000), (int64_t)(left % 1000000000)};
}

static int64_t poll(uint64_t descriptors, uint32_t count, int64_t timeout, uint64_t *deadline)
{
	struct process *process = process_caller();
	struct linux_pollfd fd[VFS_DESCRIPTORS];
	struct watch watch = {0};
	int64_t ready = 0;

	if (count > VFS_DESCRIPTORS)
		return -EINVAL;
	if (!process)
		return -ESRCH;
	if (client_read(fd, descriptors, count * sizeof(fd[0])))
		return -EFAULT;
	*deadline = deadline_of(process, timeout);
	watch.waits = timeout != 0 && (*deadline == 0 || *deadline > djed_now());
	for (uint32_t i = 0; i < count; i++) {
		const struct file *file;
		uint32_t events = LINUX_POLLNVAL;

		fd[i].revents = 0;
		if (fd[i].fd < 0)
			continue;
		file = descriptor_file(process, (uint64_t)fd[i].fd);
		if (file) {
			djed_status status = events_of(file, &watch, &events);

			if (status)
				return status;
		}
		fd[i].revents =
		    (uint16_t)(events & (fd[i].events | LINUX_POLLERR | LINUX_POLLHUP | LINUX_POLLNVAL));
		ready += fd[i].revents != 0;
	}
	if (!ready && watch.waits) {
		park(process, &watch, *deadline);
		return 0;
	}
	return client_replace(descriptors, fd, count * sizeof(fd[0]), descriptors) ? -EFAULT : ready;
}

int64_t linux_on_poll(uint64_t descriptors, uint32_t count, int32_t timeout)
{
	uint64_t deadline;

	return poll(descriptors, count, timeout < 0 ? -1 : (int64_t)timeout * 1000000, &deadline);
}

/* A timespec in the application's memory, in ns; -1 for none. */
static djed_status fetch_timeout(uint64_t address, int64_t *timeout)
{
	struct linux_timespec time;

	*timeout = -1;
	if (address == 0)
		return 0;
	if (client_read(&time, address, sizeof(time)))
		return -EFAULT;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds > 999999999)
		return -EINVAL;
	*timeout = time.seconds > 1000000000 ? -1 : time.seconds * 1000000000 + time.nanoseconds;
	return 0;
}

/* Whether the held request is answered now, so that results may be written. */
static bool answered(const struct process *process)
{
	return wait_of(process)->request == 0;
}

int64_t linux_on_ppoll(uint64_t descriptors, uint32_t count, uint64_t timeout, uint64_t mask,
		       uint64_t mask_size)
{
	int64_t time, ready;
	uint64_t deadline;
	djed_status status = fetch_timeout(timeout, &time);

	if (mask && mask_size != 8)
		return -EINVAL;
	if (status)
		return status;
	ready = poll(descriptors, count, time, &deadline);
	if (ready >= 0 && time >= 0 && answered(process_caller())) {
		struct linux_timespec left = remaining(deadline);

		/* Linux, too, does not mind if it cannot. */
		(void)client_replace(timeout, &left, sizeof(left), timeout);
	}
	return ready;
}

enum { SET_WORDS = VFS_DESCRIPTORS / 64, READING = 0, WRITING = 1, EXCEPTIONS = 2, SETS = 3 };

_Static_assert(SET_WORDS * 8 <= CLIENT_ARGUMENT_MAX && SETS + 1 <= CLIENT_ARGUMENTS,
	       "sets and time can be put back");

static const uint32_t set_events[SETS] = {
    [READING] = LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLHUP | LINUX_POLLERR,
    [WRITING] = LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLERR,
    [EXCEPTIONS] = LINUX_POLLPRI,
};

/* One look at all descriptors of the sets. Leaves in `set` what is ready; returns how many. */
static int64_t look(struct process *process, uint32_t count, uint64_t set[SETS][SET_WORDS],
		    struct watch *watch)
{
	int64_t ready = 0;

	for (uint32_t fd = 0; fd < count; fd++) {
		uint64_t bit = UINT64_C(1) << fd % 64;
		uint64_t wanted =
		    (set[READING][fd / 64] | set[WRITING][fd / 64] | set[EXCEPTIONS][fd / 64]) & bit;
		const struct file *file;
		uint32_t events;
		djed_status status;

		if (!wanted)
			continue;
		file = descriptor_file(process, fd);
		if (!file || file->kind == FILE_PATH)
			return -EBADF;
		status = events_of(file, watch, &events);
		if (status)
			return status;
		for (int i = 0; i < SETS; i++) {
			if (!(set[i][fd / 64] & bit))
				continue;
			if (events & set_events[i])
				ready++;
			else
				set[i][fd / 64] &= ~bit;
		}
	}
	return ready;
}

/* `timeout` in ns, negative: none. */
static int64_t select(int32_t count, const uint64_t address[SETS], int64_t timeout, uint64_t *deadline)
{
	struct process *process = process_caller();
	uint64_t set[SETS][SET_WORDS];
	struct watch watch = {0};
	uint64_t bytes;
	int64_t ready;

	if (count < 0)
		return -EINVAL;
	if (!process)
		return -ESRCH;
	if (count > VFS_DESCRIPTORS)
		count = VFS_DESCRIPTORS;
	bytes = ((uint64_t)count + 63) / 64 * 8;
	memset(set, 0, sizeof(set));
	for (int i = 0; i < SETS; i++)
		if (address[i] && client_read(set[i], address[i], bytes))
			return -EFAULT;
	*deadline = deadline_of(process, timeout);
	watch.waits = timeout != 0 && (*deadline == 0 || *deadline > djed_now());
	ready = look(process, (uint32_t)count, set, &watch);
	if (ready == 0 && watch.waits) {
		park(process, &watch, *deadline);
		return 0;
	}
	if (ready < 0)
		return ready;
	for (int i = 0; i < SETS; i++)
		if (address[i] && client_replace(address[i], set[i], bytes, address[i]))
			return -EFAULT;
	return ready;
}

int64_t linux_on_select(int32_t count, uint64_t reading, uint64_t writing, uint64_t exceptions,
			uint64_t timeout)
{
	const uint64_t address[SETS] = {reading, writing, exceptions};
	struct linux_timespec time; /* a timeval: the second word counts microseconds */
	int64_t ns = -1, ready;
	uint64_t deadline;

	if (timeout) {
		if (client_read(&time, timeout, sizeof(time)))
			return -EFAULT;
		if (time.seconds < 0 || time.nanoseconds < 0)
			return -EINVAL;
		if (time.seconds <= 1000000000 && time.nanoseconds <= 1000000000)
			ns = time.seconds * 1000000000 + time.nanoseconds * 1000;
	}
	ready = select(count, address, ns, &deadline);
	if (ready >= 0 && ns >= 0 && answered(process_caller())) {
		time = remaining(deadline);
		time.nanoseconds /= 1000;
		(void)client_replace(timeout, &time, sizeof(time), timeout);
	}
	return ready;
}

int64_t linux_on_pselect6(int32_t count, uint64_t reading, uint64_t writing, uint64_t exceptions,
			  uint64_t timeout, uint64_t mask)
{
	const uint64_t address[SETS] = {reading, writing, exceptions};
	int64_t ns, ready;
	uint64_t deadline;
	djed_status status = fetch_timeout(timeout, &ns);

	(void)mask;
	if (status)
		return status;
	ready = select(count, address, ns, &deadline);
	if (ready >= 0 && ns >= 0 && answered(process_caller())) {
		struct linux_timespec left = remaining(deadline);

		(void)client_replace(timeout, &left, sizeof(left), timeout);
	}
	return ready;
}
