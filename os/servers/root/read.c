/* What the command line asks for. */
#include <abi/lab.h>
#include <lib/command_line.h>
#include <protocols/kernel.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"

/* Index of the command line's word `key` among `names`; `otherwise` where it is not given. */
static uint32_t choose(const char *key, const char *const *names, uint32_t count, uint32_t otherwise)
{
	char value[16] = "";

	if (!command_line_value(djed_start()->command_line, key, value, sizeof(value)) && !value[0])
		return otherwise;
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	root_fail("command line: %s=%s is not known", key, value);
}

void root_read(void)
{
	static const char *const policies[] = {[DJED_POLICY_CHAIN] = "chain",
					       [DJED_POLICY_OSIRIS] = "osiris",
					       [DJED_POLICY_RESTART] = "restart",
					       [DJED_POLICY_NONE] = "none"};
	static const char *const modes[] = {
	    [DJED_MONITOR_BROKER] = "broker", [DJED_MONITOR_TAP] = "tap", [DJED_MONITOR_OFF] = "off"};
	char mask[16];

	root.system = DJED_SYSTEM;
	root.policy = choose("policy", policies, 4, DJED_POLICY_CHAIN);
	root.monitor = choose("monitor", modes, 3, DJED_MONITOR_BROKER);
	root.detect = DJED_DETECT_ALL;
	if (command_line_value(djed_start()->command_line, "detect", mask, sizeof(mask)))
		root.detect = (uint32_t)strtoull(mask, NULL, 16);
	if (root.policy != DJED_POLICY_CHAIN) /* the others cannot take everybody back */
		root.detect &= ~(uint32_t)(DJED_DETECT_CONFIRM | DJED_DETECT_CONFIRM_ALL);
}

uint32_t root_find(const char *name)
{
	uint32_t i = root.system->count - 1;

	while (i > 0 && strcmp(root.system->service[i].name, name) != 0)
		i--;
	return i;
}

void root_wake_fault(void)
{
	char word[64], *at = word, *part[5] = {0};
	unsigned parts = 0;

	if (!command_line_value(djed_start()->command_line, "fault", word, sizeof(word)))
		return;
	for (part[parts++] = at; *at && parts < 5; at++)
		if (*at == ':') {
			*at = 0;
			part[parts++] = at + 1;
		}
	bool always = part[parts - 1] && strcmp(part[parts - 1], "always") == 0;
	if (parts > 3 && (always || strcmp(part[parts - 1], "once") == 0))
		parts--;
	uint32_t service = parts >= 3 ? root_find(part[1]) : 0;
	char *end = "", *nth_end = "";
	/* Which function the site lies in root does not know: all are awake. */
	static struct djed_fault_slot slot;

	slot.always = always;
	memset(slot.awake, 1, sizeof(slot.awake));

	if (parts >= 3)
		slot.site = (uint32_t)strtoull(part[2], &end, 10);
	if (parts == 4)
		slot.countdown = strtoull(part[3], &nth_end, 10);
	if (parts < 3 || parts > 4 || !service || slot.site == 0 || *end || *nth_end)
		root_fail("command line: fault=: expected CLASS:SERVER:SITE[:NTH][:once|always]");
	djed_status status = kernel_service_write(service, DJED_FAULT_PAGE, (uintptr_t)&slot, sizeof(slot));
	if (status)
		root_fail("fault in %s: error %d", part[1], (int)-status);
}
