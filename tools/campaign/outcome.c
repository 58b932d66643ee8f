/* What happened, in one word: the worst that applies (docs/campaigns.md). */
#include "campaign.h"

#include <stdio.h>
#include <string.h>

const char *const outcome_names[OUTCOMES] = {
    "transparent", "error", "client_lost", "service_lost", "shutdown", "hang", "crash", "silent", "inactive"};

/* Index of the first byte that differs, or -1. */
static long first_difference(const struct text *a, const struct text *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	for (size_t i = 0; i < shorter; i++)
		if (a->bytes[i] != b->bytes[i])
			return (long)i;
	return a->length == b->length ? -1 : (long)shorter;
}

static void quote_line(char *into, size_t size, const struct text *t, size_t at)
{
	size_t from = at > t->length ? t->length : at;
	while (from > 0 && t->bytes[from - 1] != '\n')
		from--;
	size_t n = 0;
	for (; from < t->length && t->bytes[from] != '\n' && n + 1 < size; from++)
		into[n++] = t->bytes[from] >= ' ' && t->bytes[from] < 127 ? t->bytes[from] : '?';
	into[n] = 0;
}

/* True if rs recorded an error answer before output byte `at` was sent. */
static bool error_before(const struct observation *seen, uint64_t at)
{
	return seen->lab.errors && seen->lab.first_error - seen->output_before <= at;
}

struct verdict classify(const struct observation *seen, const struct golden *golden)
{
	struct verdict v = {.outcome = TRANSPARENT};
	const struct djed_lab *lab = &seen->lab;
	if (!seen->hits && !seen->machine_gone && !seen->timed_out && lab->state == DJED_LAB_ENDED) {
		v.outcome = INACTIVE;
		return v;
	}
	long difference = first_difference(&seen->output, &golden->output);
	bool same = difference < 0 && lab->exit_status == golden->exit_status;
	if (difference >= 0) {
		char here[64], there[64];
		quote_line(here, sizeof here, &seen->output, (size_t)difference);
		quote_line(there, sizeof there, &golden->output, (size_t)difference);
		snprintf(v.detail, sizeof v.detail, "byte %ld: '%s' for '%s'", difference, here, there);
	} else if (!same) {
		snprintf(v.detail, sizeof v.detail, "exit status %u for %u", lab->exit_status,
			 golden->exit_status);
	}
	/* Severity rises downwards in docs/campaigns.md; the worst wins, so it is looked for first. */
	bool ended = seen->lab_valid && lab->state == DJED_LAB_ENDED;
	bool audited = lab->violations == 0;
	if (ended && !audited) {
		v.outcome = SILENT;
		snprintf(v.detail, sizeof v.detail, "final audit: %u violations", lab->violations);
	} else if (seen->machine_gone || !seen->lab_valid || lab->state == DJED_LAB_PANIC) {
		v.outcome = CRASH;
		snprintf(v.detail, sizeof v.detail, "%s",
			 seen->machine_gone ? "the machine ended" : "the kernel stopped");
	} else if (seen->timed_out) {
		v.outcome = HANG;
	} else if (lab->state == DJED_LAB_SHUTDOWN) {
		v.outcome = SHUTDOWN;
	} else if (lab->state != DJED_LAB_ENDED) {
		v.outcome = CRASH;
		snprintf(v.detail, sizeof v.detail, "state %u at the end", lab->state);
	} else {
		bool lost_service = false;
		for (unsigned i = 0; i < golden->services; i++)
			lost_service |= !lab->service[i].alive;
		if (lost_service)
			v.outcome = SERVICE_LOST;
		else if (lab->clients_ended)
			v.outcome = CLIENT_LOST;
		else if (same)
			v.outcome = TRANSPARENT;
		else if (error_before(seen, difference < 0 ? ~0ull : (uint64_t)difference))
			v.outcome = ERROR_SEEN;
		else if (lab->exit_status == LIMIT_STATUS << 8)
			v.outcome = HANG;
		else
			v.outcome = SILENT;
	}
	return v;
}
