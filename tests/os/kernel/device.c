/* Interrupts, ports, time: a driver writes to the serial line and hears of it; deadlines come when they
 * should. */
#include "kit.h"

enum { TO_ROOT = 2, CAP_PORTS, CAP_IRQ, LINE = 4, PORT = 0x3f8, IRQ_BIT = 5 };
enum { TRANSMIT_EMPTY = 0x20, ENABLE_TRANSMIT = 2 };

static uint64_t now(void)
{
	const struct djed_time *time = (const struct djed_time *)DJED_TIME_PAGE;

	return (uint64_t)((unsigned __int128)(ticks() - time->tsc_at_boot) * time->multiplier >> 32);
}

static void driver(void)
{
	uint64_t value;

	attach(NULL);
	REQUIRE(kernel_notify(TO_ROOT, 4) == 0);
	REQUIRE(kernel_port_read(PORT + 5, 1, &value) == 0 && (value & TRANSMIT_EMPTY));
	REQUIRE(kernel_port_read(PORT - 1, 1, &value) == -EPERM);
	REQUIRE(kernel_port_read(PORT + 8, 1, &value) == -EPERM);
	REQUIRE(kernel_port_read(PORT + 7, 2, &value) == -EPERM);
	REQUIRE(kernel_port_read(PORT, 3, &value) == -EINVAL);
	REQUIRE(kernel_port_read(PORT + 0x10000, 1, &value) == -EPERM);
	REQUIRE(kernel_port_write(0xf4, 4, 0) == -EPERM);
	REQUIRE(kernel_irq_acknowledge(LINE + 1) == -EPERM);
	/* An interrupt for each byte that has gone out. */
	REQUIRE(kernel_port_write(PORT + 4, 1, 8) == 0);
	REQUIRE(kernel_port_write(PORT + 1, 1, ENABLE_TRANSMIT) == 0);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (unsigned i = 0; i < 10; i++) {
		REQUIRE(ipc.in.kind == DJED_DELIVERY_NOTIFIED && ipc.in.bits == 1 << IRQ_BIT);
		REQUIRE(kernel_port_read(PORT + 2, 1, &value) == 0); /* takes the interrupt back */
		REQUIRE(kernel_port_write(PORT, 1, 'a' + i) == 0);
		REQUIRE(kernel_irq_acknowledge(LINE) == 0);
		REQUIRE(receive(DJED_NEXT_FINISH, DJED_LOG_EMPTY) == 0);
	}
	REQUIRE(kernel_port_write(PORT + 1, 1, 0) == 0);
	REQUIRE(kernel_port_read(PORT + 2, 1, &value) == 0);
	REQUIRE(kernel_irq_acknowledge(LINE) == 0);
	REQUIRE(kernel_notify(TO_ROOT, 1) == 0);
	REQUIRE(receive(DJED_NEXT_FINISH, DJED_LOG_EMPTY) == 0);
	REQUIRE(false);
}

static void sleeper(void)
{
	enum djed_next next = DJED_NEXT_NONE;

	attach(NULL);
	for (unsigned i = 1; i <= 10; i++) {
		uint64_t start = now(), wanted = i * 500000;

		REQUIRE(kernel_receive(next, DJED_LOG_EMPTY, 0, start + wanted) == 0);
		REQUIRE(ipc.in.kind == DJED_DELIVERY_NOTIFIED && ipc.in.bits == 1ull << 63);
		REQUIRE(now() - start >= wanted);
		REQUIRE(now() - start < wanted + 500000000);
		next = DJED_NEXT_FINISH;
	}
	REQUIRE(kernel_receive(next, DJED_LOG_EMPTY, 0, 1) == 0); /* long past */
	REQUIRE(ipc.in.bits == 1ull << 63);
	REQUIRE(kernel_notify(TO_ROOT, 1ull << 63) == -EINVAL);
	REQUIRE(kernel_receive(next, DJED_LOG_EMPTY, 0, 1ull << 63) == -EINVAL);
	REQUIRE(kernel_notify(TO_ROOT, 2) == 0);
	REQUIRE(receive(next, DJED_LOG_EMPTY) == 0);
	REQUIRE(false);
}

void test(void)
{
	unsigned d = make_service("driver", 28, 0), s = make_service("sleeper", 29, 0);
	const struct djed_time *time = (const struct djed_time *)DJED_TIME_PAGE;

	grant_endpoint(d, TO_ROOT, 0, DJED_MAY_NOTIFY);
	grant(d, CAP_PORTS, DJED_CAP_PORTS, PORT << 16 | 8, 0);
	grant(d, CAP_IRQ, DJED_CAP_IRQ, LINE, IRQ_BIT);
	EXPECT(kernel_service_grant(d, 9, DJED_CAP_IRQ, 24, 0) == -EINVAL);
	EXPECT(kernel_service_grant(d, 9, DJED_CAP_PORTS, 0xffffull << 16 | 2, 0) == -EINVAL);
	EXPECT(kernel_service_grant(d, DJED_CAPABILITIES_MAX, DJED_CAP_RECOVERY, 0, 0) == -EINVAL);
	EXPECT(kernel_service_grant(d, 9, DJED_CAP_ENDPOINT, 31, 1) == -EINVAL);
	grant_endpoint(s, TO_ROOT, 0, DJED_MAY_NOTIFY);
	EXPECT(time->wall_at_boot > 1700000000 && time->wall_at_boot < 5000000000);
	start_service(d, driver);
	start_service(s, sleeper);
	wait_for(4);
	for (uint64_t end = now() + 20000000; now() < end;)
		; /* the sleeper's deadlines interrupt root itself */
	wait_for(1 | 2);
}
