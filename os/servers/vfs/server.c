/* vfs as a server: start, dispatch, what pm asks, cancelled and late requests. */
#include "handlers.h"
#include "invariants.h"

#include "../../abi/restart.h"
#include <djed/server.h>
#include <protocols/console_client.h>
#include <protocols/linux_vfs_server.h>
#include <protocols/store_client.h>
#include <protocols/vfs_server.h>
#include <string.h>

struct vfs_slots vfs_slots;

djed_status vfs_start(const uint8_t *archive, uint64_t archive_size)
{
	djed_status status;

	inode_start();
	files_start();
	process_start();
	pipe_start();
	status = archive_unpack(archive, archive_size);
	if (status)
		return status;
	devices_start();
	return path_mount_proc();
}

static djed_status init(void)
{
	vfs_slots.store = djed_capability("store");
	vfs_slots.mm = djed_capability("mm");
	vfs_slots.console = djed_capability("console");
	vfs_slots.ds = djed_capability("ds");
	vfs_slots.pm = djed_capability("pm");
	vfs_invariants_start();
	return vfs_start((const uint8_t *)DJED_ARCHIVE_BASE, djed_start()->archive_size);
}

/* A signal ends the wait: with what was done so far, or so that the call is restarted where the signal allows
 * it. */
static void cancelled(void)
{
	struct process *process = process_caller();
	uint64_t progress = 0;

	if (!process) {
		djed_reply(-EINTR);
		return;
	}
	wait_forget(process);
	if (wait_of(process)->kind == WAIT_OPEN && process->opening) {
		file_drop(process->opening);
		process->opening = 0;
	}
	if (wait_of(process)->kind == WAIT_POLL) {
		djed_reply(-DJED_ERESTARTNOHAND);
		return;
	}
	progress = wait_of(process)->progress;
	if (progress)
		djed_reply_words(0, &progress, 1);
	else
		djed_reply(-DJED_ERESTARTSYS);
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->kind == DJED_DELIVERY_CANCEL)
		cancelled();
	else if (delivery->attempt && simple_dispatch(delivery))
		return;
	else if (!linux_dispatch(delivery) && !vfs_dispatch(delivery))
		djed_reply(-ENOSYS);
}

enum { CONSOLE_CHANGED = 1 };

static void notified(uint64_t bits)
{
	if (bits & CONSOLE_CHANGED)
		wait_wake_console();
	if (bits >> 63 && !limbo_settle(djed_now()))
		wait_wake_late(djed_now());
}

/* That crashes: what was to be closed waits, or those whose time has come are answered instead of looking
 * again. */
static void failed(uint64_t bits)
{
	uint64_t now = djed_now();

	if (!(bits >> 63))
		return;
	if (limbo_deadline() && limbo_deadline() <= now)
		limbo_fail(now);
	else
		wait_fail_late(now);
}

void vfs_audit(struct djed_audit *audit);
DJED_SERVER_CHECKED(init, handle, notified, vfs_audit, failed, vfs_invariants)

/* ---- what pm asks ---------------------------------------------------------------------------------------
 */

djed_status vfs_on_create(uint32_t pid)
{
	static const char name[] = "console";
	const struct entry *dev = directory_find(VFS_ROOT, "dev", 3);
	const struct entry *terminal = dev ? directory_find(dev->inode, name, sizeof(name) - 1) : NULL;
	struct process *process;
	uint64_t result;
	uint32_t file;
	djed_status status;

	if (!terminal)
		return -ENOENT;
	status = process_create(pid, &process);
	if (status)
		return status;
	status = file_create(FILE_TERMINAL, LINUX_O_RDWR, inode_node(terminal->inode), &file);
	if (!status) {
		for (uint32_t fd = 0; fd < 3; fd++) {
			file_hold(file);
			descriptor_set(process, fd, file, 0);
		}
		file_drop(file);
		status = console_control(vfs_slots.console, LINUX_TIOCSCTTY, 1, pid, pid, pid, &result);
	}
	if (status)
		process_exit(process);
	return status;
}

djed_status vfs_on_fork(uint32_t parent, uint32_t child)
{
	struct process *process = process_find(parent);

	return process ? process_fork(process, child) : -ESRCH;
}

djed_status vfs_on_exit(uint32_t pid)
{
	struct process *process = process_find(pid);

	if (!process)
		return -ESRCH;
	process_exit(process);
	return 0;
}

/* A path that pm lends. */
static djed_status walk_lent(const struct process *process, struct djed_buffer path, struct place *place)
{
	if (path.length >= sizeof(place->text))
		return -ENAMETOOLONG;
	if (djed_copy_in(place->text, path, 0, path.length) != path.length)
		return -EFAULT;
	place->text[path.length] = 0;
	return path_walk(process, process->directory, WALK_FOLLOW, place);
}

djed_status vfs_on_open_program(uint32_t pid, struct djed_buffer path, struct djed_buffer head,
				uint64_t *object, uint32_t *count)
{
	const struct process *process = process_find(pid);
	struct place place;
	uint64_t size;
	uint32_t inode;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = walk_lent(process, path, &place);
	if (!status)
		status = open_program(process, &place, &inode);
	if (status)
		return status;
	*object = vfs_inode[inode].object;
	return store_read(vfs_slots.store, *object, 0, djed_part(head, 0, head.length), count, &size);
}

djed_status vfs_on_executed(uint32_t pid, struct djed_buffer path, struct djed_buffer arguments)
{
	struct process *process = process_find(pid);
	struct place place;
	uint32_t inode = 0, length = arguments.length < VFS_ARGUMENTS ? arguments.length : VFS_ARGUMENTS;
	const char *name;

	if (!process)
		return -ESRCH;
	process_write(process);
	/* pm has opened it in this very transaction; a path that no longer leads anywhere leaves the process
	 * without exe. */
	if (walk_lent(process, path, &place) == 0 && place.node.inode &&
	    is_type(&vfs_inode[place.node.inode], LINUX_S_IFREG))
		inode = place.node.inode;
	process_set_program(process, inode);
	if (path.length < sizeof(place.text) &&
	    djed_copy_in(place.text, path, 0, path.length) == path.length) {
		place.text[path.length] = 0;
		name = strrchr(place.text, '/');
		strlcpy(process->command, name ? name + 1 : place.text, sizeof(process->command));
	}
	process->arguments_length = (uint16_t)djed_copy_in(process->arguments, arguments, 0, length);
	descriptors_close_on_execute(process);
	return 0;
}

djed_status vfs_on_set_identity(uint32_t pid, uint32_t parent, uint32_t user, uint32_t group,
				uint32_t process_group, uint32_t session)
{
	struct process *process = process_find(pid);

	if (!process)
		return -ESRCH;
	process_write(process);
	process->parent = parent;
	process->user = user;
	process->group = group;
	process->process_group = process_group;
	process->session = session;
	return 0;
}
