/* Splits an interface file into tokens. */
#ifndef IDL_LEXER_H
#define IDL_LEXER_H

#include "idl.h"

enum idl_token_kind { IDL_END, IDL_NAME, IDL_NUMBER, IDL_STRING, IDL_SIGN };

struct idl_lexer {
	struct idl *idl;
	const char *file;
	const char *at, *end;
	unsigned line;
	/* The current token. */
	enum idl_token_kind kind;
	const char *text; /* name or string, copied; sign: one character */
	uint64_t number;  /* magnitude */
	bool negative;
	unsigned token_line;
	bool failed; /* after an error every token is IDL_END */
	/* The last comment that shares its line with something before it. */
	const char *comment;
	unsigned comment_line;
};

/* Stands on the first token afterwards. */
void idl_lexer_begin(struct idl_lexer *lexer, struct idl *idl, const char *file, const char *text,
		     size_t length);
void idl_advance(struct idl_lexer *lexer);
/* Reports an error at the current token; everything behind it is IDL_END. */
void idl_reject(struct idl_lexer *lexer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What the current token looks like, for messages. */
const char *idl_describe(struct idl_lexer *lexer);

bool idl_at_sign(const struct idl_lexer *lexer, char sign);
bool idl_at_name(const struct idl_lexer *lexer, const char *name);
/* Takes the current token if it is that; else leaves it. */
bool idl_take_sign(struct idl_lexer *lexer, char sign);
bool idl_take_name(struct idl_lexer *lexer, const char *name);
/* Takes it or rejects. */
void idl_expect_sign(struct idl_lexer *lexer, char sign);
const char *idl_expect_name(struct idl_lexer *lexer, const char *what); /* "" after an error */
uint64_t idl_expect_number(struct idl_lexer *lexer, const char *what, uint64_t max);

#endif
