/* QEMU's monitor protocol, as far as Djed's tools need it. JSON is jansson's work. */
#ifndef DJED_TOOLS_QMP_H
#define DJED_TOOLS_QMP_H

#include <stdbool.h>

struct machine_input;

/* Reads the greeting and negotiates. NULL if QEMU ends or is silent for ten seconds. */
struct machine_input *qmp_open(int socket);

/* Runs a command without arguments or with one string argument {"key": "value"} given as JSON text. False and
 * a line on stderr if QEMU answers with an error or is gone. Events that arrive meanwhile are kept. */
bool qmp_command(struct machine_input *in, const char *command, const char *arguments_json);

/* Runs a command of the human monitor; QEMU reports failure there as text, which is printed. `expected` is
 * how the text of success begins, "" where success is silent. */
bool qmp_monitor_command(struct machine_input *in, const char *line, const char *expected);

/* The same for a command that tells something: its text, malloc'ed; NULL: QEMU refuses or is gone. */
char *qmp_monitor_text(struct machine_input *in, const char *line);

enum qmp_wait { QMP_EVENT, QMP_TIMEOUT, QMP_GONE };
enum qmp_wait qmp_wait_event(struct machine_input *in, const char *name, double seconds);

#endif
