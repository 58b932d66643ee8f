/* What the command line asks for. */
#include <lib/command_line.h>
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

/* A number without sign, to base 16. */
static uint32_t read_number(const char *at)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	uint32_t value = 0;

	for (; *at && (digit = strchr(digits, *at)); at++)
		value = value * 16 + (uint32_t)(digit - digits);
	return value;
}

void root_read(void)
{
	/* In the order of enum djed_policy, and of enum djed_monitor_mode. */
	static const char *const policies[] = {"chain", "osiris", "restart", "none"};
	static const char *const modes[] = {"broker", "tap", "off"};
	char mask[16];

	root.system = DJED_SYSTEM;
	root.policy = choose("policy", policies, 4, DJED_POLICY_CHAIN);
	root.monitor = choose("monitor", modes, 3, DJED_MONITOR_BROKER);
	root.detect = DJED_DETECT_ALL;
	if (command_line_value(djed_start()->command_line, "detect", mask, sizeof(mask)))
		root.detect = read_number(mask);
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
