/* A QEMU machine that runs Djed, and what the host sees of it: the serial line, the kernel's log, the
 * lab page and the monitor socket (QMP). */
#ifndef DJED_TOOLS_MACHINE_H
#define DJED_TOOLS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/lab.h"

struct machine_options {
	const char *variant;	  /* build variant: plain, instrumented, campaign, coverage */
	const char *archive;	  /* boot archive; NULL: the variant's own */
	const char *command_line; /* the kernel's */
	const char *log;	  /* file for the kernel's log; NULL: a private one */
	const char *gdb_socket;	  /* path of a unix socket for gdb, machine waits; NULL: none */
	uint64_t memory;	  /* bytes of RAM */
	bool icount;		  /* count instructions: one ns each, repeats exactly */
	/* A private drive that savevm can write to. Then the console has no input, and its output goes to a
	 * private file: on a socket the guest would wait, now and then, for us to read, and no run would
	 * repeat exactly. */
	bool snapshots;
};

struct machine {
	pid_t process;
	int serial;	/* the console: connected stream socket, or with `snapshots` the file of its output */
	int monitor;	/* connected stream socket: QMP */
	char *folder;	/* private, only while it starts */
	char *log_path; /* readable as long as we live */
	uint8_t *memory; /* the guest's RAM, mapped */
	uint64_t memory_size;
	struct djed_lab *lab;	     /* within memory */
	struct machine_input *input; /* QMP's unread bytes */
};

/* Starts a machine; it runs at once (or waits for gdb). Dies with one line if QEMU is absent or does not
 * start. */
struct machine *machine_start(const struct machine_options *options);

/* Ends QEMU and waits for it. NULL and a second call do nothing. */
void machine_stop(struct machine *m);

/* True while QEMU lives. */
bool machine_alive(struct machine *m);

/* The directory of the lab page, or NULL while the guest has not filled it in. Never trust a field without a
 * check: a guest under faults wrote it. */
const struct djed_lab *machine_lab(struct machine *m);

/* Bytes of a region of the lab page within RAM, or NULL if it lies outside. */
const void *machine_region(struct machine *m, const struct djed_lab_region *region);

/* Lets a machine that has rung its doorbell go on, unless its run has ended. True: it goes on. */
bool machine_go_on(struct machine *m);

/* The slot of a service's dormant faults. */
struct djed_fault_slot *machine_fault_slot(struct machine *m, unsigned service);

/* Waits until QEMU reports that the machine is paused (doorbell), at most `seconds`. */
enum machine_wait { MACHINE_PAUSED, MACHINE_TIMEOUT, MACHINE_GONE };
enum machine_wait machine_wait_pause(struct machine *m, double seconds);

/* Takes output until something happens, at most `seconds`; lets a machine that rings its doorbell during its
 * run go on. MACHINE_TIMEOUT: it still runs; MACHINE_PAUSED: its run has ended (machine_lab says how). For a
 * console that is a socket. */
struct text;
enum machine_wait machine_step(struct machine *m, double seconds, struct text *output);

/* The same until the run has ended, at most `seconds`. True: in good order. */
bool machine_run(struct machine *m, double seconds, struct text *output);

/* QMP commands; false with a line on stderr if QEMU refuses. */
bool machine_continue(struct machine *m);
bool machine_pause(struct machine *m);
bool machine_save(struct machine *m, const char *name); /* takes a snapshot */
/* Back to a snapshot, output forgotten; the machine stays paused. */
bool machine_restore(struct machine *m, const char *name);

/* Where the processor is; exact while the machine stands still. False: QEMU does not say. */
struct machine_registers {
	uint64_t instruction;
	bool privileged;    /* in kernel mode */
	bool interruptible; /* interrupts are open */
};
bool machine_get_registers(struct machine *m, struct machine_registers *registers);

/* Lets gdb connect to a unix socket. */
bool machine_serve_gdb(struct machine *m, const char *socket);

/* Processor time that QEMU has used, seconds: unlike wall-clock time it does not depend on what else the host
 * does. */
double machine_processor_seconds(struct machine *m);

/* Whether a thread of QEMU wants the processor at this moment, even if it does not get it. */
bool machine_is_busy(struct machine *m);

/* Takes all bytes of output that have come since the last call. */
void machine_drain_serial(struct machine *m, struct text *into);

/* Path of a file of a build variant: "kernel", "boot.tar", "services/NAME". malloc'ed. */
char *variant_path(const char *variant, const char *name);
/* Of the kernel and the boot archive of a build variant: which build it is. */
uint64_t variant_digest(const char *variant);

#endif
