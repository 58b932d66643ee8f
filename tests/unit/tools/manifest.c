/* The manifest: what it gives, and every way to be wrong. */
#include <abi/message.h>
#include <criterion/criterion.h>
#include <manifest.h>
#include <stdio.h>
#include <string.h>

#define RS RS_GRANTS("recovery")
#define AUDITING RS_GRANTS("recovery audit")
#define RS_GRANTS(rights) "service rs\npriority 30\nheap 64K\nlog 4K\ngrants " rights "\nreceives crash\n"
#define WITH(name, ladder) "service " name "\npriority 20\nheap 64K\nlog 4K\nrecovery " ladder "\n"
#define OF(name) WITH(name, "retry")

static struct manifest manifest;

/* The rights of a service's capability with this name; *object gets what it is for. ~0: it has none. */
static uint32_t rights(int service, const char *name, uint64_t *object)
{
	const struct djed_system_service *s = &manifest.system.service[service];

	for (uint32_t i = 0; i < s->capabilities; i++)
		if (strcmp(s->capability[i].name.name, name) == 0) {
			*object = s->capability[i].object;
			return s->capability[i].rights;
		}
	return ~0u;
}

static bool parse(const char *text)
{
	const struct manifest_text whole = {"manifest", text, strlen(text)};

	return manifest_parse(&manifest, &whole, 1);
}

Test(manifest, systems_own)
{
	static char text[16384];
	FILE *file = fopen(MANIFEST, "r");
	size_t length;
	int vfs, pm, uart, rs, monitor, auditor;
	uint64_t object;

	cr_assert(file != NULL);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = 0;
	cr_assert(parse(text), "%s", manifest.error);
	vfs = manifest_find(&manifest, "vfs");
	pm = manifest_find(&manifest, "pm");
	uart = manifest_find(&manifest, "uart");
	cr_assert(vfs >= 0 && pm >= 0 && uart >= 0 && manifest_find(&manifest, "nobody") == -1);
	cr_assert(rights(pm, "vfs", &object) == (DJED_MAY_CALL | DJED_MAY_FORWARD) &&
		  object == (uint64_t)vfs);
	cr_assert(rights(vfs, "pm", &object) == DJED_MAY_FORWARD && object == (uint64_t)pm);
	cr_assert(rights(uart, "ports", &object) == 0 && object == (UINT64_C(0x3f8) << 16 | 8));
	cr_assert(rights(uart, "irq", &object) == 0 && object == 4);
	rs = manifest_find(&manifest, "rs");
	monitor = manifest_find(&manifest, "monitor");
	auditor = manifest_find(&manifest, "auditor");
	for (int i = 1; i < (int)manifest.system.count; i++) {
		const char *name = manifest.system.service[i].name;

		cr_assert(i == auditor || rights(auditor, name, &object) == DJED_MAY_CALL);
		cr_assert_eq(rights(rs, name, &object), strcmp(name, "warden") ? ~0u : DJED_MAY_NOTIFY,
			     "rs depends on nobody");
	}
	cr_assert(rights(monitor, "rs", &object) == ~0u && rights(monitor, "halt", &object) == ~0u);
	cr_assert(manifest.system.service[pm].receives & 1u << DJED_EVENT_SIGNAL);
	cr_assert(manifest.system.service[vfs].ladder[0] == DJED_RUNG_RETRY);
	cr_assert(manifest.system.service[vfs].alternative == 0);
	cr_assert(manifest.system.service[uart].alternative == manifest.system.count);
	cr_assert(manifest.system.records == manifest.system.count + 1);
	cr_assert_str_eq(manifest.system.service[manifest.system.count].name, "uart_plain");
}

Test(manifest, details)
{
	uint64_t object;

	cr_assert(parse(RS "# comment\n\n  service\tb # x\n priority 0x15\n heap 2M\nlog 8192\nrecovery "
			   "restart_retry error shutdown\n"
			   "ports 0xfff0 16\nirq 4 59\nnotifies rs\ngrants frames "
			   "archive\nreceives linux quantum\n" OF("c") "linux 4096 4100\n"),
		  "%s", manifest.error);
	const struct djed_system_service *b = &manifest.system.service[2];
	cr_assert(b->priority == 21 && b->heap == 2 << 20 && b->log == 8192);
	cr_assert(b->ladder[0] == DJED_RUNG_RESTART_RETRY && b->ladder[1] == DJED_RUNG_ERROR &&
		  b->ladder[2] == DJED_RUNG_SHUTDOWN && b->ladder[3] == 0);
	cr_assert(rights(2, "ports", &object) == 0 && object == (UINT64_C(0xfff0) << 16 | 16));
	cr_assert(rights(2, "irq", &object) == 59 && object == 4);
	cr_assert(rights(2, "rs", &object) == DJED_MAY_NOTIFY && object == 1);
	cr_assert(rights(2, "frames", &object) == 0);
	/* What the monitor may forward to. */
	cr_assert(rights(2, "c", &object) == DJED_MAY_FORWARD && b->capabilities == 5);
	const struct djed_system_service *c = &manifest.system.service[3];
	cr_assert(c->linux_first == 4096 && c->linux_last == 4100);
	for (uint32_t i = 0; i < b->capabilities; i++)
		cr_assert(b->capability[i].name.slot == i);
	cr_assert(b->grants == 1u << DJED_CAP_FRAMES && b->archive && b->receives_linux);
	cr_assert(b->receives == 1u << DJED_EVENT_QUANTUM);
}

Test(manifest, errors)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
	    {"", "manifest:1: no service receives crashes"},
	    {"heap 4K\n", "manifest:1: 'heap' stands before the first service"},
	    {"service\n", "manifest:1: expected: service NAME"},
	    {"service A\n", "manifest:1: expected: service NAME"},
	    {"service sixteen_letters_\n", "manifest:1: expected: service NAME"},
	    {"service root\n", "manifest:1: 'root' is the name of"},
	    {RS "service rs\n", "manifest:7: service rs was given before, at manifest:1"},
	    {RS "what 1\n", "manifest:7: there is no line 'what'"},
	    {RS "heap 4K\n", "manifest:7: service rs has a second line 'heap'"},
	    {RS "recovery retry\n", "manifest:1: service rs receives crashes: it has no ladder"},
	    {RS "service b\npriority 20\nheap 4K\nlog 4K\n",
	     "manifest:7: service b has no line 'recovery RUNG...'"},
	    {RS "service b\nservice c\n", "manifest:7: service b has no line 'priority N'"},
	    {RS "service b\npriority 16\n", "manifest:8: 16 is not in 17..31"},
	    {RS "service b\npriority x\n", "manifest:8: 'x' is not a number"},
	    {RS "service b\npriority 20 21\n", "manifest:8: expected: priority N"},
	    {RS "service b\nheap 4000\n", "manifest:8: 4000 is not in 4096"},
	    {RS "service b\nheap 5000\n", "manifest:8: 5000 is not a multiple of 4096"},
	    {RS "service b\nheap 4G\n", "manifest:8: '4G' is not a number"},
	    {RS "service b\nheap 99999999999999999999\n", "manifest:8: 99999999999999999999 is not in"},
	    {RS "service b\nheap 18014398509481985K\n", "manifest:8: 18014398509481985K is not in"},
	    {RS "service b\ncalls c\n", "manifest:8: there is no service 'c'"},
	    {RS "service b\ncalls root\n", "manifest:8: there is no service 'root'"},
	    {RS "service b\ncalls b\n", "manifest:8: service b names itself"},
	    {RS "service b\ngrants everything\n", "manifest:8: there is no right 'everything'"},
	    {RS "service b\ngrants frames frames\n", "manifest:8: right 'frames' is given twice"},
	    {RS "service b\nports 65535 2\n", "manifest:8: 2 is not in 1..1"},
	    {RS "service b\nports 0 65536\n", "manifest:8: all ports at once"},
	    {RS "service b\nirq 24 0\n", "manifest:8: 24 is not in 0..23"},
	    {RS "service b\nirq 1 60\n", "manifest:8: 60 is not in 0..59"},
	    {RS "service b\nreceives crash\n", "manifest:8: service rs receives that event already"},
	    {"service rs\npriority 30\nheap 64K\nlog 4K\ngrants recovery\nreceives crash start\n",
	     "manifest:1: service rs receives crashes: root cannot wait"},
	    {RS "service b\nreceives rain\n", "manifest:8: there is no event 'rain'"},
	    {RS "service b\nlinux 4095 5000\n", "manifest:8: 4095 is not in 4096..8191"},
	    {RS "service b\nlinux 5000 4999\n", "manifest:8: 4999 is not in 5000..8191"},
	    {RS OF("b") "linux 5000 5009\n" OF("c") "linux 5009 5010\n",
	     "manifest:18: calls 5000..5009 belong to service b"},
	    {RS OF("b") "alternative 1st\n", "manifest:12: '1st' cannot be the name of an image"},
	    {RS OF("b") "alternative rs\n",
	     "manifest:12: rs is a service, not another implementation of service b"},
	    {RS OF("b") "alternative root\n",
	     "manifest:12: root is a service, not another implementation of service b"},
	    {RS "service irq\n", "manifest:7: 'irq' is the name of a right"},
	    {RS "service spaces\n", "manifest:7: 'spaces' is the name of a right"},
	    {RS OF("b") "alternative b\n",
	     "manifest:12: b is a service, not another implementation of service b"},
	    {RS OF("b") "alternative other\n",
	     "manifest:7: service b has an alternative, but no rung for it"},
	    {RS "service b\npriority 20\nheap 4K\nlog 4K\nrecovery alternative\n",
	     "manifest:7: service b has the rung 'alternative', but no line 'alternative NAME'"},
	    {RS OF("b") "regions 1025 4K\n", "manifest:12: 1025 is not in 1..1024"},
	    {RS OF("b") "regions 4 65K\n", "manifest:12: 65K is not in 1..65536"},
	    {RS OF("b") "regions 4\n", "manifest:12: expected: regions COUNT SIZE"},
	    {RS "service b\npriority 20\nheap 4K\nlog 4K\nrecovery rebuild\n",
	     "manifest:7: service b has the rung 'rebuild', but no line 'regions COUNT SIZE'"},
	    {RS "service b\nrecovery pray\n", "manifest:8: there is no rung 'pray'"},
	    {RS OF("b") "calls c\n" OF("c") "calls d\n" OF("d") "calls b\n", "lead back to it"},
	    {AUDITING OF("b") "calls rs\n", "the calls of service rs lead back to it (it calls b)"},
	    {RS "service b\nheartbeat 49\n", "manifest:8: 49 is not in 50..60000"},
	    {RS "service b\npolicy ../etc\n", "manifest:8: '../etc' cannot be the name of a policy"},
	    {RS "service b\nheartbeat 0\n", "manifest:8: 0 is not in 50..60000"},
	    {RS "service b\nheartbeat -1\n", "manifest:8: '-1' is not a number"},
	    {RS "service b\nheartbeat 0x\n", "manifest:8: '0x' is not a number"},
	    {RS "service b\nheap 0x-1\n", "manifest:8: '0x-1' is not a number"},
	    {RS "service b\npriority 031K\n", "manifest:8: 031K is not in 17..31"},
	    {RS "service b\npriority 017\nheap 0K\n", "manifest:9: 0K is not in 4096"},
	    {RS "service b\nheap 18446744073709551616\n", "manifest:8: 18446744073709551616 is not in"},
	    {RS "service b\nrecovery\n", "manifest:8: expected: recovery RUNG..."},
	    {RS "service b\nrecovery retry retry\n", "manifest:8: rung 'retry' is given twice"},
	    {RS "service b\nrecovery retry shutdown error\n",
	     "manifest:8: rung 'error' is never reached behind 'shutdown'"},
	    {RS "service b\nrecovery restart handover restart_retry\n",
	     "manifest:8: rung 'restart_retry' is never reached behind 'restart'"},
	    {RS "service b\nrecovery restart rebuild\n",
	     "manifest:8: rung 'rebuild' is never reached behind 'restart'"},
	    {RS "service b\nrecovery error retry\n",
	     "manifest:8: rung 'retry' is never reached behind 'error'"},
	    {RS "service b\nrecovery error refuse\n",
	     "manifest:8: rung 'refuse' is never reached behind 'error'"},
	    {RS "service b\nforwards rs rs\n", "manifest:8: service 'rs' is given twice"},
	    {RS OF("b") "irq 4 0\n" OF("c") "irq 4 1\n", "manifest:18: interrupt 4 belongs to service b"},
	    {RS OF("b") "ports 8 8\n" OF("c") "ports 15 1\n",
	     "manifest:18: ports from 0x8 on, 8 of them, belong to service b"},
	    {RS OF("b") "ports 8 8\n" OF("c") "ports 0 9\n", "manifest:18: ports from 0x8 on"},
	    {RS_GRANTS("halt"), "manifest:1: service rs receives crashes, but has not the right 'recovery'"},
	    {RS OF("b") "linux 5000 5000\n",
	     "manifest:7: service b has Linux calls of its own, but no service receives 'linux'"},
	    {RS OF("b") "linux 5000 5000\nreceives linux\n",
	     "manifest:7: service b has Linux calls of its own: it would forward them to itself"},
	    {RS OF("b") "grants threads\nreceives page_fault start\n",
	     "manifest:7: service b has the right to run programs, but no service receives 'linux'"},
	    {RS OF("b") "grants threads\nreceives linux start\n", "but no service receives 'page_fault'"},
	    {RS OF("b") "grants threads\nreceives linux page_fault\n", "but no service receives 'start'"},
	    {RS OF("b") "grants watch\n",
	     "manifest:1: the priority of service rs must be below that of service b, which watches it"},
	    {RS_GRANTS("recovery watch") "service b\npriority 30\nheap 64K\nlog 4K\nrecovery retry\n",
	     "manifest:7: the priority of service b must be below that of service rs, which watches it"},
	    {RS_GRANTS("recovery watch") OF("b") "grants watch\n",
	     "manifest:1: the priority of service rs must be below that of service b, which watches it"},
	    {AUDITING OF("b") "grants audit\n", "the calls of service rs lead back to it (it calls b)"},
	    {RS "calls \001\n", "manifest:7: byte 1 is not text"},
	    {RS "calls aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "is too long"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		cr_assert(!parse(wrong[i].text), "accepted: %s", wrong[i].text);
		cr_assert(strstr(manifest.error, wrong[i].error), "'%s' instead of '%s'", manifest.error,
			  wrong[i].error);
	}
	cr_assert(!parse(RS OF("b") "calls c\n" OF("c") "calls b\n"));
	cr_assert(parse(RS OF("b") "calls c\nforwards rs\n" OF("c") "forwards b\n"),
		  "forwards may go in circles: %s", manifest.error);
	cr_assert(
	    parse(RS OF("b") "irq 4 0\nports 8 8\n" OF("c") "irq 5 0\nports 16 8\n" OF("d") "ports 7 1\n"),
	    "neighbours: %s", manifest.error);
	cr_assert(parse(RS_GRANTS("recovery watch") OF("b")), "above all others: %s", manifest.error);
	cr_assert(parse(RS OF("b") "grants threads\nreceives linux page_fault start\n"), "%s",
		  manifest.error);
	cr_assert(parse(RS WITH("b", "retry handover refuse error restart_retry restart shutdown")), "%s",
		  manifest.error);
	cr_assert(parse(RS "service b\npriority 017\nheap 012K\nlog 4K\nrecovery retry\n"), "%s",
		  manifest.error);
	cr_assert(manifest.system.service[2].priority == 17 && manifest.system.service[2].heap == 12 << 10);
}

/* Bytes that no editor writes. */
Test(manifest, garbage)
{
	enum { LONG = 1 << 20 };
	static const struct {
		char byte;
		const char *error;
	} lines[] = {
	    {0, "manifest:7: byte 0 is not text"},
	    {'\r', "manifest:7: byte 13 is not text"},
	    {'\x80', "manifest:7: byte 128 is not text"},
	    {'a', "manifest:7: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is too long"},
	    {' ', "manifest:8: there is no line 'x'"},
	    {'#', "manifest:8: there is no line 'x'"},
	};
	static char text[sizeof(RS) + LONG + 8];
	struct manifest_text whole = {"manifest", text, 0};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		strcpy(text, RS);
		memset(text + strlen(RS), lines[i].byte, LONG);
		strcpy(text + strlen(RS) + LONG, "\nx\n");
		whole.length = strlen(RS) + LONG + 3;
		cr_assert(!manifest_parse(&manifest, &whole, 1));
		cr_expect_str_eq(manifest.error, lines[i].error);
	}
	for (size_t i = 0; i < LONG; i++)
		text[strlen(RS) + i] = i % 2 ? ' ' : 'y';
	cr_assert(!manifest_parse(&manifest, &whole, 1));
	cr_assert_str_eq(manifest.error, "manifest:7: more than 33 words");
}

Test(manifest, images)
{
	char *names[] = {"rs", "b", "b_plain"};

	cr_assert(parse(RS WITH("b", "alternative") "alternative b_plain\n"), "%s", manifest.error);
	cr_assert(manifest_check_images(&manifest, names, 3), "%s", manifest.error);
	cr_assert(!manifest_check_images(&manifest, names, 2));
	cr_assert_str_eq(manifest.error, "manifest:12: there is no image 'b_plain'");
	cr_assert(!manifest_check_images(&manifest, names, 1));
	cr_assert_str_eq(manifest.error, "manifest:7: there is no image 'b'");
}

Test(manifest, policies)
{
	static const char text[] = RS OF("b") "policy often\nheartbeat 200\n" OF("c") "recovery restart\n";
	static const char b[] =
	    RS OF("b") "policy often\nheartbeat 200\n"
		       "service c\npriority 20\nheap 64K\nlog 4K\nrecovery retry restart\n";
	static const struct {
		const char *name, *script, *error;
	} cases[] = {
	    {"/x/often", "record\nrestart c\n", NULL},
	    {"often", "record\n\nrestart d\n", "often:3: there is no service 'd'"},
	    {"often", "restart b\n",
	     "often:1: service b has neither 'restart' nor 'restart_retry' in its ladder"},
	    {"often", "pray\n", "often:1: there is no such statement"},
	    {"often", "", "often:0: it has no statement"},
	    {"other", "record\n", "manifest:12: there is no policy 'often'"},
	};

	cr_assert(!parse(text), "two lines 'recovery'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct manifest_text script = {cases[i].name, cases[i].script, strlen(cases[i].script)};

		cr_assert(parse(b), "%s", manifest.error);
		cr_assert_eq(manifest.system.service[2].heartbeat, 200);
		cr_assert_str_eq(manifest.system.service[2].policy, "often");
		cr_expect_eq(manifest_check_policies(&manifest, &script, 1), !cases[i].error, "case %zu: %s",
			     i, manifest.error);
		cr_expect(!cases[i].error ||
			      strncmp(manifest.error, cases[i].error, strlen(cases[i].error)) == 0,
			  "'%s'", manifest.error);
	}
	cr_assert(parse(b) && !manifest_check_policies(&manifest, NULL, 0));
	const struct manifest_text twice[] = {{"x/often", "record", 6}, {"y/often", "record", 6}};
	cr_assert(parse(b) && !manifest_check_policies(&manifest, twice, 2));
	cr_assert(strstr(manifest.error, "there are two policies 'often'"));
}

Test(manifest, many_services)
{
	static char text[8192] = RS;
	char part[128];

	for (int i = 0; i < 31; i++) {
		cr_assert(parse(text) == true, "%s", manifest.error);
		snprintf(part, sizeof(part), OF("s%d"), i);
		strcat(text, part);
	}
	cr_assert(!parse(text) && strstr(manifest.error, "more than 31 services"));
}

Test(manifest, many_alternatives)
{
	static char text[8192] = RS;
	char part[128];

	for (int i = 0; i < 15; i++) {
		cr_assert(parse(text), "%s", manifest.error);
		snprintf(
		    part, sizeof(part),
		    "service s%d\npriority 20\nheap 64K\nlog 4K\nrecovery alternative\nalternative a%d\n", i,
		    i);
		strcat(text, part);
	}
	cr_assert(parse(text) && manifest.system.records == DJED_SERVICES_MAX, "%s", manifest.error);
	strcat(text, OF("more"));
	cr_assert(!parse(text) && strstr(manifest.error, "more than 31 services and alternatives"));
}

/* The auditor may call all 30 others, and two objects more; or three. */
Test(manifest, many_capabilities)
{
	for (int more = 0; more < 2; more++) {
		static char text[8192];
		char part[128];

		snprintf(text, sizeof(text), RS_GRANTS("audit recovery halt%s"), more ? " frames" : "");
		for (int i = 0; i < 30; i++) {
			snprintf(part, sizeof(part), OF("s%d"), i);
			strcat(text, part);
		}
		cr_assert(parse(text) == !more, "%s", manifest.error);
		if (!more)
			cr_assert(manifest.system.service[1].capabilities == DJED_CAPABILITIES_MAX);
	}
	cr_assert_str_eq(manifest.error, "manifest:1: service rs has more than 32 capabilities");
}

Test(manifest, several_files)
{
	static const char first[] = RS "# no end of line", second[] = OF("b") "calls c\n", third[] = OF("c");
	struct manifest_text texts[] = {{"first", first, sizeof(first) - 1},
					{"second", second, sizeof(second) - 1},
					{"third", third, sizeof(third) - 1}};

	cr_assert(manifest_parse(&manifest, texts, 3), "%s", manifest.error);
	cr_assert(manifest.system.count == 4 && manifest.rights[2].calls == 1u << 3);
	cr_assert(manifest.system.checksum == djed_system_checksum(&manifest.system));
	cr_assert(!manifest_parse(&manifest, texts, 2));
	cr_assert_str_eq(manifest.error, "second:6: there is no service 'c'");
	texts[2] = texts[1];
	cr_assert(!manifest_parse(&manifest, texts, 3));
	cr_assert_str_eq(manifest.error, "second:1: service b was given before, at second:1");
}
