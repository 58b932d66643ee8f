#include "rs.h"

#include <errno.h>
#include <lib/archive.h>
#include <string.h>

struct rs rs;

enum { RUN_ENDED = 1 /* notification bit, from pm */ };
#define DEADLINE_PASSED (UINT64_C(1) << 63)

static bool read_manifest(struct manifest *manifest)
{
	size_t length;
	const char *text =
	    archive_find((const void *)DJED_ARCHIVE_BASE, djed_start()->archive_size, "manifest", &length);

	*manifest = (struct manifest){0};
	return text && manifest_parse(manifest, text, length);
}

static djed_status init(void)
{
	if (!read_manifest(&rs.manifest)) /* root has accepted the same text */
		return -EINVAL;
	orchestrator_init(&rs.orchestrator, djed_start()->policy);
	for (uint32_t i = 0; i < rs.manifest.count; i++) {
		rs.number[i] = i + 1; /* root makes them in this order */
		memcpy(rs.orchestrator.service[i + 1].ladder, rs.manifest.service[i].ladder,
		       sizeof(rs.manifest.service[i].ladder));
	}
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label != DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
		djed_reply(-ENOSYS);
		return;
	}
	rs_recover(&delivery->message);
	djed_reply(0);
}

static void notified(uint64_t bits)
{
	if (bits & (RUN_ENDED | DEADLINE_PASSED))
		rs_finish();
}

static void audit(struct djed_audit *audit)
{
	static struct manifest booted;

	if (read_manifest(&booted))
		rs_audit(audit, &booted);
	else
		djed_violation(audit, "the manifest of the archive is gone");
}

/* A service crashes over what it is asked at the end of the run, each time. */
static void failed(uint64_t bits)
{
	(void)bits;
	rs_finish_failed();
}

DJED_SERVER_WITH_FAILED(init, handle, notified, audit, failed)
