/* The interface compiler's picture of its input, as the parser builds it and the emitters read it.
 * The language is described in docs/interface-language.md. */
#ifndef IDL_H
#define IDL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	IDL_WORDS = 8,		    /* payload words of a message (abi/message.h) */
	IDL_BUFFERS = 2,	    /* grants of a message */
	IDL_BYTES_MAX = 48,	    /* inline bytes or text */
	IDL_ARGUMENTS = 6,	    /* of a Linux call, and of an operation */
	IDL_OPERATION_OUTS = 3,	    /* rdx, r8, r9 */
	IDL_NAME_MAX = 48,	    /* bytes of a name */
	IDL_CALLS_MAX = 1024,	    /* Linux call numbers below it */
	IDL_APPLICATION_MIN = 4096, /* first Linux call number that may stand for a message */
	IDL_OPERATIONS_MAX = 256,   /* operation numbers below it: the kernel's table is indexed by them */
};

enum idl_direction { IDL_IN = 1, IDL_OUT = 2, IDL_INOUT = 3 };
enum idl_type { IDL_U8, IDL_U16, IDL_U32, IDL_U64, IDL_I32, IDL_I64, IDL_BOOL, IDL_BYTES, IDL_TEXT };
enum idl_rights { IDL_READ = 1, IDL_WRITE = 2, IDL_BOTH = 3 };
enum idl_effect { IDL_READS, IDL_UNDOABLE, IDL_DEFERRABLE, IDL_COMPENSATABLE, IDL_REPEATABLE, IDL_FINAL };

struct idl_field {
	struct idl_field *next;
	const char *name;
	const char *text; /* never NULL */
	unsigned line;
	enum idl_direction direction;
	enum idl_type type;
	unsigned bytes; /* IDL_BYTES, IDL_TEXT: size, a text with its NUL */
	bool ranged;
	int64_t low; /* for u64 fields both are read as unsigned */
	uint64_t high;
	const char *within; /* out: buffer whose length it never exceeds; or NULL */
	unsigned words;	    /* words that it takes */
	unsigned in_word;   /* first word in the request */
	unsigned out_word;  /* first word in the reply */
	/* Operations only: the address of memory of the caller that the kernel fills. */
	bool fills;
	const char *fills_length; /* name of the field with the length, or NULL: */
	const char *fills_struct; /* the structure that lies there */
};

struct idl_buffer {
	struct idl_buffer *next;
	const char *name;
	const char *text;
	unsigned line;
	enum idl_rights rights;
	bool optional; /* the sender may lend nothing */
};

struct idl_error {
	struct idl_error *next;
	const char *name;
	int number;
};

/* A message, or an operation of the kernel. */
struct idl_message {
	struct idl_message *next;
	const char *name;
	const char *text;
	unsigned line;
	unsigned number;
	enum idl_effect effect;
	bool parks;
	struct idl_field *fields;
	struct idl_buffer *buffers;
	struct idl_error *errors;
	struct idl_error *recover; /* NULL: EIO */
	unsigned in_words, out_words, buffer_count;
};

struct idl_protocol {
	struct idl_protocol *next;
	const char *file;
	const char *name;
	const char *text;
	unsigned line;
	unsigned number;
	unsigned application; /* first Linux call number, 0: none */
	const char *service;  /* that serves the application's calls */
	struct idl_message *messages;
};

/* ---- Linux calls ------------------------------------------------------------------------------- */

/* A named set of constants: bits to be ored (flags) or alternatives (values). */
struct idl_constant {
	struct idl_constant *next;
	const char *name;
	unsigned line;
	uint64_t value;
};
struct idl_set {
	struct idl_set *next;
	const char *name;
	const char *file;
	unsigned line;
	bool flags;
	uint64_t mask; /* flags: these bits are an alternative, e.g. O_ACCMODE; 0: none */
	struct idl_constant *constants;
};

enum idl_kind {
	IDL_VALUE,   /* 64 bits */
	IDL_INT,     /* int */
	IDL_UINT,    /* unsigned int */
	IDL_FD,	     /* int */
	IDL_PID,     /* int */
	IDL_SIGNAL,  /* int */
	IDL_FLAGS,   /* unsigned int */
	IDL_MODE,    /* unsigned int */
	IDL_ID,	     /* user or group, unsigned int */
	IDL_PATH,    /* address of a NUL-terminated string */
	IDL_ADDRESS, /* address of client memory, with a direction */
};
struct idl_argument {
	struct idl_argument *next;
	const char *name;
	unsigned line;
	enum idl_kind kind;
	enum idl_direction direction; /* IDL_ADDRESS */
	const char *length;	      /* name of the argument with its length in bytes, or NULL */
	unsigned size;		      /* or its size in bytes; 0: not stated */
	const char *set_name;	      /* constants for the trace, or NULL */
	struct idl_set *set;
};

enum idl_support { IDL_FULL, IDL_PARTIAL, IDL_ABSENT };
/* What a Linux call answers if it does not fail. */
enum idl_gives {
	IDL_GIVES_ANY,
	IDL_GIVES_ZERO,
	IDL_GIVES_DESCRIPTOR, /* 0..1023 */
	IDL_GIVES_PROCESS,    /* 1..32767 */
	IDL_GIVES_ADDRESS,    /* of a page of user memory */
	IDL_GIVES_COUNT,      /* 0 up to the value of an argument */
};

struct idl_call {
	struct idl_call *next;
	const char *file;
	const char *name;
	const char *note;
	unsigned line;
	unsigned number;
	const char *owner;	  /* receives it; NULL: nobody (absent) */
	const char *second_owner; /* the owner may hand it on to this one; or NULL */
	enum idl_effect effect;
	bool parks;
	struct idl_error *recover;
	enum idl_gives gives;
	const char *gives_up_to; /* IDL_GIVES_COUNT: the argument */
	enum idl_support support;
	bool arguments_known;
	struct idl_argument *arguments;
	unsigned argument_count;
};

/* ---- all of it ---------------------------------------------------------------------------------- */

struct idl_memory; /* arena.c */

struct idl {
	struct idl_memory *memory;
	struct idl_protocol *protocols; /* by rising number */
	struct idl_protocol *kernel;	/* protocol 0, not in the list above; or NULL */
	struct idl_set *sets;
	struct idl_call *calls; /* by rising number */
	const char *linux_text; /* NULL: no file described Linux calls */
	char error[512];	/* first error as `file:line: reason`, or empty */
};

/* An empty picture. */
void idl_begin(struct idl *idl);
/* Frees everything that hangs off `idl`. */
void idl_end(struct idl *idl);

/* Memory that lives until idl_end; zeroed. Exits the program with a message if there is none. */
void *idl_allocate(struct idl *idl, size_t size);
/* Copies `length` bytes and adds a NUL. */
const char *idl_copy(struct idl *idl, const char *text, size_t length);
const char *idl_format(struct idl *idl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the first error. */
void idl_fail(struct idl *idl, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reads one file's text (`length` bytes, any bytes) into the picture. `file` is used for messages
 * and must live as long as `idl`. False: idl->error says why. */
bool idl_parse(struct idl *idl, const char *file, const char *text, size_t length);

/* What can be checked only when all files are there. */
bool idl_check(struct idl *idl);

/* Errno number by name, 0 if there is none such; and back, NULL if there is none such. */
int idl_errno(const char *name);

const char *idl_effect_name(enum idl_effect effect); /* "reads" */
const char *idl_type_name(enum idl_type type);	     /* "u8" */
const char *idl_kind_name(enum idl_kind kind);	     /* "value" */

#endif
