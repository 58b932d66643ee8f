/* What the command line asks for. */
#include <abi/lab.h>
#include <lib/command_line.h>
#include <protocols/kernel.h>
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

/* A number without sign; *at is behind it, and behind a ':' that follows. 0: there is none. */
static uint64_t read_number(char **at, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	uint64_t value = 0;

	while (**at && (digit = strchr(digits, **at)) && digit < digits + base) {
		value = value * base + (uint64_t)(digit - digits);
		++*at;
	}
	*at += **at == ':';
	return value;
}

void root_read(void)
{
	static const char *const policies[] = {[DJED_POLICY_CHAIN] = "chain",
					       [DJED_POLICY_OSIRIS] = "osiris",
					       [DJED_POLICY_RESTART] = "restart",
					       [DJED_POLICY_NONE] = "none"};
	static const char *const modes[] = {
	    [DJED_MONITOR_BROKER] = "broker", [DJED_MONITOR_TAP] = "tap", [DJED_MONITOR_OFF] = "off"};
	char mask[16], *at = mask;

	root.system = DJED_SYSTEM;
	root.policy = choose("policy", policies, 4, DJED_POLICY_CHAIN);
	root.monitor = choose("monitor", modes, 3, DJED_MONITOR_BROKER);
	root.detect = DJED_DETECT_ALL;
	if (command_line_value(djed_start()->command_line, "detect", mask, sizeof(mask)))
		root.detect = (uint32_t)read_number(&at, 16);
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
	static struct djed_fault_slot slot;
	char word[64], *server, *at;
	uint32_t service = 0;
	djed_status status;

	if (!command_line_value(djed_start()->command_line, "fault", word, sizeof(word)))
		return;
	/* Which function the site lies in root does not know: all are awake. */
	memset(slot.awake, 1, sizeof(slot.awake));
	server = strchr(word, ':');
	at = server ? strchr(server + 1, ':') : NULL;
	if (at) {
		*at++ = 0;
		service = root_find(server + 1);
		slot.site = (uint32_t)read_number(&at, 10);
		slot.countdown = read_number(&at, 10);
		slot.always = strcmp(at, "always") == 0;
	}
	if (!service || slot.site == 0 || !(slot.always || !*at || strcmp(at, "once") == 0))
		root_fail("command line: fault=: expected CLASS:SERVER:SITE[:NTH][:once|always]");
	status = kernel_service_write(service, DJED_FAULT_PAGE, (uintptr_t)&slot, sizeof(slot));
	if (status)
		root_fail("fault in %s: error %d", server + 1, (int)-status);
}
