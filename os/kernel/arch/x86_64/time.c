/* Clocks. The reference is the local APIC's timer, which QEMU runs at 1 GHz; the time stamp counter
 * is measured against it. */
#include "cpu.h"

enum { CALIBRATION_NS = 2000000 };

static uint64_t ns_per_tick; /* 32.32 fixed point */
static uint64_t ticks_per_ns;

struct sample {
	uint64_t ticks;
	uint32_t count;
};

/* Both clocks at one moment: of several tries the one between whose ends the least time passed. */
static struct sample take_sample(void)
{
	struct sample best = {0, 0};
	uint64_t shortest = ~0ull;

	for (int i = 0; i < 8; i++) {
		uint64_t before = arch_ticks();
		uint32_t count = apic_timer_count();
		uint64_t after = arch_ticks();
		if (after - before < shortest) {
			shortest = after - before;
			best = (struct sample){before + (after - before) / 2, count};
		}
	}
	return best;
}

static uint32_t clock_register(uint8_t number)
{
	uint8_t value;

	out8(0x70, number);
	value = in8(0x71);
	return (value >> 4) * 10u + (value & 15u); /* the firmware leaves it in BCD */
}

/* Seconds since 1970 of a date of the Gregorian calendar (days_from_civil, Howard Hinnant). */
static uint64_t seconds_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
	uint32_t of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
	uint64_t days = (uint64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;

	return days * 86400;
}

static uint64_t wall_clock(void)
{
	uint32_t second, month;

	out8(0x70, 0xa);
	if (in8(0x71) == 0xff)
		return 0; /* no clock on this machine */
	do {
		second = clock_register(0);
		month = clock_register(8);
	} while (second > 59 || month < 1 || month > 12);
	return seconds_since_1970(2000 + clock_register(9), month, clock_register(7)) +
	       clock_register(4) * 3600 + clock_register(2) * 60 + second;
}

void arch_time_init(struct djed_time *time)
{
	struct sample first, last;
	uint64_t ns, ticks, deviation;

	apic_timer(~0u);
	first = take_sample();
	do
		last = take_sample();
	while (first.count - last.count < CALIBRATION_NS);
	apic_timer(0);
	ns = first.count - last.count;
	ticks = last.ticks - first.ticks;
	ns_per_tick = (ns << 32) / ticks;
	deviation = ticks > ns ? ticks - ns : ns - ticks;
	if (deviation * 500 < ns)
		ns_per_tick = 1ull << 32; /* QEMU's -icount: a tick is a nanosecond exactly */
	ticks_per_ns = ns_per_tick == 1ull << 32 ? 1ull << 32 : ~0ull / ns_per_tick;
	time->multiplier = ns_per_tick;
	time->wall_at_boot = wall_clock();
	time->tsc_at_boot = arch_ticks();
}

uint64_t arch_ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * ns_per_tick >> 32);
}

uint64_t arch_ns_to_ticks(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * ticks_per_ns >> 32);
}

void arch_timer_set(uint64_t ticks)
{
	uint64_t now = arch_ticks(), ns = ticks > now ? arch_ticks_to_ns(ticks - now) : 0;

	apic_timer(ns == 0 ? 1 : ns > 0xffffffff ? 0xffffffffu : (uint32_t)ns);
}
