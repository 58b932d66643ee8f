/* Parts of the parser that stand in files of their own. */
#ifndef IDL_PARSE_H
#define IDL_PARSE_H

#include "lexer.h"

/* `linux "text"` and all that follows, to the end of the file. */
void idl_parse_linux(struct idl_lexer *lexer);

/* A message, behind the word `message`; or an operation of the kernel. */
struct idl_message *idl_parse_message(struct idl_lexer *lexer, bool operation);

/* Words of the language that several statements share. Each rejects what it does not know. */
enum idl_effect idl_expect_effect(struct idl_lexer *lexer);
struct idl_error *idl_expect_error(struct idl_lexer *lexer);
const char *idl_expect_string(struct idl_lexer *lexer, const char *what);
/* A name for something that becomes a C identifier: no keyword, lower case, no underscore at its ends. */
const char *idl_expect_identifier(struct idl_lexer *lexer, const char *what);

#endif
