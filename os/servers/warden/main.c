/* The server's functions. */
#include "warden.h"

#include <abi/detect.h>
#include <errno.h>

struct warden warden;

static djed_status init(void)
{
	warden.system = DJED_SYSTEM;
	warden.rs = djed_capability("rs");
	scripts_read();
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	(void)delivery;
	djed_reply(-ENOSYS);
}

static void want(uint64_t time)
{
	if (time && (!djed_deadline || time < djed_deadline))
		djed_deadline = time;
}

static void notified(uint64_t bits)
{
	djed_deadline = 0;
	/* First who is stuck: it may be in the way of rs, whom the rest needs. */
	if (bits & DJED_NOTIFY_BUSY || (warden.look_at && djed_now() >= warden.look_at))
		heartbeat_look();
	if (bits & DJED_NOTIFY_CRASH)
		crashes_take_over();
	want(scripts_go_on());
	want(warden.look_at);
}

/* What it crashes at again and again it leaves out: the crash to take over next, and all scripts that are
 * under way. */
static void failed(uint64_t bits)
{
	if (bits & DJED_NOTIFY_CRASH)
		warden.taken++;
	for (uint32_t i = 0; i < DJED_SERVICES_MAX; i++)
		warden.watched[i].script.runs = false;
	warden.look_at = 0;
	djed_deadline = 0;
}

DJED_SERVER_WITH_FAILED(init, handle, notified, warden_audit, failed)
