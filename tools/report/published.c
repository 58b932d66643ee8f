/* What other systems have reached: for orientation only, since each had its own faults, workloads and
 * definitions. */
#include "report.h"

const struct published published[] = {
    {"TxIPC 2021", 0.998, false,
     "injected faults in microkernel servers in which each message is a transaction"},
    {"CuriOS 2008", 1, false,
     "memory aborts in timer, scheduler and file system (register bit flips: 87 to 95%)"},
    {"Theseus 2020", 428.0 / 617, false, "428 of 617 faults as of hardware"},
    {"OSIRIS 2016", 1.0 / 3, true,
     "fail-stop faults in MINIX servers; about two thirds ended in a controlled shutdown"},
};
const unsigned published_count = sizeof published / sizeof *published;
