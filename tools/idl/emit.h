/* The emitters: each writes one kind of generated file. */
#ifndef IDL_EMIT_H
#define IDL_EMIT_H

#include "idl.h"

/* A file being generated. It is kept in memory and put in its place, by a rename, only when it is
 * complete, and only if it differs from what is there: so nothing is half-written, and what depends on an
 * unchanged file is not built again. */
struct idl_output {
	char *path;
	char *text;
	size_t length;
	FILE *stream; /* to print to */
};
/* `folder` must exist. Exits the program with a message if there is no memory. */
void idl_open(struct idl_output *output, const char *folder, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* False: a message with the reason was printed. */
[[nodiscard]] bool idl_close(struct idl_output *output);

/* First lines of every generated C header. */
void idl_emit_opening(FILE *to, const char *guard, const char *what);
void idl_emit_closing(FILE *to);

/* `name` in capitals. */
struct idl_capitals {
	char text[IDL_NAME_MAX + 1];
};
struct idl_capitals idl_capitals(const char *name);
/* "DJED_READS" */
const char *idl_effect_constant(enum idl_effect effect);
/* "uint32_t" for scalars */
const char *idl_c_type(enum idl_type type);
/* Prints the C expression that is true if the word `expression` is a value of the field's type and range;
 * prints nothing and returns false if every word is. */

bool idl_emit_fits(FILE *to, const struct idl_field *field, const char *expression);
/* A comment with the message's text and its errors. */
void idl_emit_contract(FILE *to, const struct idl_message *message);

/* A parameter of a stub or handler. */
void idl_emit_parameter(FILE *to, const struct idl_field *field);

/* NAME.h: numbers and structures. */
void idl_emit_protocol(FILE *to, const struct idl_protocol *protocol);
/* NAME_client.h: stubs that call and forward. */
void idl_emit_client(FILE *to, const struct idl_protocol *protocol);
/* NAME_server.h: validation and dispatch. */
void idl_emit_server(FILE *to, const struct idl_protocol *protocol);
/* kernel.h: numbers and system-call stubs; kernel_operations.h: the kernel's table. */
void idl_emit_kernel(FILE *to, const struct idl *idl);
void idl_emit_operations(FILE *to, const struct idl *idl);
/* linux.h: numbers; linux_table.h; linux_OWNER_server.h; linux_client.h. */
void idl_emit_linux(FILE *to, const struct idl *idl);
void idl_emit_linux_table(FILE *to, const struct idl *idl);
void idl_emit_linux_server(FILE *to, const struct idl *idl, const char *owner);
void idl_emit_linux_client(FILE *to, const struct idl *idl);
/* Whether `owner` has a handler for the call. */
bool idl_serves(const struct idl_call *call, const char *owner);
/* labels.h: every message by label, with its fields; linux_trace.h: arguments of the Linux calls. */
void idl_emit_labels(FILE *to, const struct idl *idl);
void idl_emit_linux_trace(FILE *to, const struct idl *idl);
/* Reference pages: protocols.md and linux-abi.md. */
void idl_emit_protocols_page(FILE *to, const struct idl *idl);
void idl_emit_linux_page(FILE *to, const struct idl *idl);
/* effects.tbl: functions and their side-effect classes, for the passes. */
void idl_emit_effects(FILE *to, const struct idl *idl);

#endif
