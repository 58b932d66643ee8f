/* rs with a fault of its own, as the command line says: strike=WHERE:TIMES crashes the first TIMES instances
 * at WHERE:
 *
 *   before   a crash report has arrived, nothing is decided
 *   after    the decision is carried out, the report is not answered yet
 *   audit    the run has ended, and it is asked for its own audit
 *   restart  before, and then new instances when they start
 *   start    when they start, the first one too
 *
 * And with a hand in the others: damage=WHAT writes over the text of the first service that crashes, before
 * anything is decided:
 *
 *   server   all but the first two pages, where the runtime is linked, which undoes the log
 *   text     all of it, the recovery stub too */
#include <lib/command_line.h>
#include <protocols/kernel.h>
#include <string.h>

#include "rs.h"

/* What rs/main.c calls in place of the functions of rs.h. */
void struck_recover(const struct djed_message *report);
void struck_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size);
void struck_init(struct orchestrator *orchestrator, uint32_t policy);

static void strike(const char *where)
{
	char word[32], *times;
	uint32_t count = 0;

	if (!command_line_value(djed_start()->command_line, "strike", word, sizeof(word)))
		return;
	times = strchr(word, ':');
	if (!times)
		djed_panic("strike=WHERE:TIMES expected");
	*times++ = 0;
	while (*times >= '0' && *times <= '9')
		count = count * 10 + (uint32_t)(*times++ - '0');
	if (strcmp(word, where) == 0 && djed_start()->restarts < count)
		*(volatile char *)0 = 0;
}

static void damage(const struct djed_message *report)
{
	static bool done;
	static uint8_t undefined[DJED_PAGE_SIZE];
	const struct djed_segment *text = &DJED_SYSTEM->service[report->word[0]].segment[0];
	uint64_t at = text->address + 2 * DJED_PAGE_SIZE, end = text->address + text->file_size;
	char word[32];

	if (done || !command_line_value(djed_start()->command_line, "damage", word, sizeof(word)))
		return;
	done = true;
	for (unsigned i = 0; i < sizeof(undefined); i += 2) { /* ud2 */
		undefined[i] = 0x0f;
		undefined[i + 1] = 0x0b;
	}
	if (strcmp(word, "text") == 0)
		at = text->address;
	for (uint64_t length; at < end; at += length) {
		length = end - at < sizeof(undefined) ? end - at : sizeof(undefined);
		djed_assert(kernel_service_write(report->word[0], at, (uintptr_t)undefined, length) == 0);
	}
}

void struck_recover(const struct djed_message *report)
{
	damage(report);
	strike("before");
	strike("restart");
	rs_recover(report);
	strike("after");
}

void struck_init(struct orchestrator *orchestrator, uint32_t policy)
{
	strike("start");
	if (djed_start()->restarts)
		strike("restart");
	orchestrator_init(orchestrator, policy);
}

void struck_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size)
{
	strike("audit");
	rs_audit(audit, booted, size);
}
