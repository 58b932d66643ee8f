/* Detectors of faults that can be switched: bits of the command line's word detect=HEX (default: all), which
 * root hands to every service's start information and to the kernel. docs/detection.md tells what each one
 * sees. */
#ifndef DJED_ABI_DETECT_H
#define DJED_ABI_DETECT_H

enum djed_detector {
	DJED_DETECT_CHECKS = 1,	    /* requests and replies against their interface */
	DJED_DETECT_INVARIANTS = 2, /* of what a request has touched, before its answer leaves */
	DJED_DETECT_HEAP = 4,	    /* red zones and quarantine */
	DJED_DETECT_LIMIT = 8,	    /* server time for one delivery (kernel) */
	DJED_DETECT_CONFIRM = 16,   /* doubtful answers are worked out twice (kernel; policy chain alone) */
	DJED_DETECT_HEARTBEAT = 64, /* services that do not come back (warden) */
	DJED_DETECT_ALL = 95,
	DJED_DETECT_CONFIRM_ALL =
	    32, /* every answer, doubtful or not: not among ALL, as it doubles the work */
};

#endif
