/* The server's four functions; audit is in audit.c. */
#include "monitor.h"

struct monitor monitor;

static uint8_t slot_of(const char *service)
{
	const struct djed_start_info *start = djed_start();

	for (uint32_t i = 0; service && i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++)
		if (start->capability[i].type == DJED_CAP_ENDPOINT &&
		    strcmp(start->capability[i].name, service) == 0)
			return (uint8_t)start->capability[i].slot;
	return NOBODY;
}

[[gnu::cold]] static uint8_t range_find(uint32_t number)
{
	for (uint8_t i = 0; i < monitor.ranges && i < RANGES_MAX; i++)
		if (number >= monitor.range[i].first && number <= monitor.range[i].last)
			return monitor.range[i].slot;
	return NOBODY;
}

uint8_t route_find(uint32_t number)
{
	if (number >= LINUX_CALLS)
		return range_find(number);
	return linux_table[number].support == LINUX_ABSENT ? NOBODY : slot_of(linux_table[number].owner);
}

static djed_status init(void)
{
	const struct djed_start_info *start = djed_start();

	monitor.records = start->monitor == DJED_MONITOR_BROKER;
	memset(monitor.service, 0xff, sizeof(monitor.service));
	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++) {
		const struct djed_capability_name *c = &start->capability[i];

		if (c->type == DJED_CAP_ENDPOINT && c->slot < NOBODY)
			monitor.service[c->slot] = (uint16_t)c->service;
		if (c->type != DJED_CAP_ENDPOINT || !c->linux_last || c->linux_last >= NUMBERS - 1)
			continue;
		if (monitor.ranges == RANGES_MAX) {
			djed_log("%s: too many servers with calls of their own", c->name);
			break;
		}
		monitor.range[monitor.ranges++] =
		    (struct range){c->linux_first, c->linux_last, (uint8_t)c->slot};
	}
	for (uint32_t number = 0; number < LINUX_CALLS; number++)
		monitor.route[number] = route_find(number);
	return 0;
}

static char *append(char *at, const char *end, const char *text)
{
	while (*text && at < end)
		*at++ = *text++;
	return at;
}

/* Without the formatter, which would be larger than all that lies in the path of every call. */
static void name(uint32_t number, const char *call)
{
	char line[80], digits[12], *end = line + sizeof(line), *at = append(line, end, "Linux call ");
	char *digit = digits + sizeof(digits);

	*--digit = 0;
	do
		*--digit = (char)('0' + number % 10);
	while (number /= 10);
	at = append(at, end, digit);
	at = append(at, end, " (");
	at = append(at, end, call);
	at = append(at, end, ") is not served");
	djed_log_text(line, (uint64_t)(at - line));
}

static void nobody(uint32_t number)
{
	uint8_t *byte = &monitor.named[number / 8], bit = (uint8_t)(1u << number % 8);
	const struct linux_call *call = linux_find(number);

	djed_reply(-ENOSYS);
	if (*byte & bit)
		return;
	*byte |= bit;
	name(number, call ? call->name : "unknown");
}

static void handle(const struct djed_delivery *d)
{
	uint32_t number = DJED_LABEL_NUMBER(d->message.label);
	uint8_t slot = number < LINUX_CALLS ? monitor.route[number] : range_find(number);

	if (DJED_LABEL_PROTOCOL(d->message.label) != DJED_PROTOCOL_LINUX) {
		djed_reply(-ENOSYS);
		return;
	}
	if (monitor.records)
		djed_ring_add(&(struct djed_event){
		    .source = (uint32_t)(d->badge >> 32),
		    .call = d->message.label,
		    .arguments = djed_event_hash(d->message.word),
		    .target = monitor.service[slot],
		    .kind = DJED_EVENT_SEEN_CALL,
		});
	if (slot == NOBODY) {
		nobody(number);
		return;
	}
	*djed_out() = d->message;
	djed_forward(slot);
}

/* Nobody has the right to notify it. */
DJED_SERVER(init, handle, NULL, monitor_audit)
