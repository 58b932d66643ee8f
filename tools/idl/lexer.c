#include "lexer.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

void idl_reject(struct idl_lexer *lexer, const char *format, ...)
{
	char reason[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	idl_fail(lexer->idl, lexer->file, lexer->token_line, "%s", reason);
	lexer->failed = true;
	lexer->kind = IDL_END;
	lexer->text = "";
}

static bool name_start(int c)
{
	return isalpha(c) || c == '_';
}

/* Skips blanks and comments; remembers a comment that stands behind something on its line. */
static void skip_blanks(struct idl_lexer *lexer)
{
	unsigned code_line = lexer->line;

	while (lexer->at < lexer->end) {
		unsigned char c = (unsigned char)*lexer->at;

		if (c == '\n') {
			lexer->line++;
			lexer->at++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			lexer->at++;
		} else if (c == '#') {
			const char *start = ++lexer->at;

			while (lexer->at < lexer->end && *lexer->at != '\n')
				lexer->at++;
			if (lexer->line == code_line && lexer->token_line == code_line) {
				while (start < lexer->at && (*start == ' ' || *start == '#'))
					start++;
				lexer->comment = idl_copy(lexer->idl, start, (size_t)(lexer->at - start));
				lexer->comment_line = code_line;
			}
		} else {
			return;
		}
	}
}

static void read_name(struct idl_lexer *lexer)
{
	const char *start = lexer->at;

	while (lexer->at < lexer->end && (isalnum((unsigned char)*lexer->at) || *lexer->at == '_'))
		lexer->at++;
	lexer->kind = IDL_NAME;
	lexer->text = idl_copy(lexer->idl, start, (size_t)(lexer->at - start));
	if ((size_t)(lexer->at - start) > IDL_NAME_MAX)
		idl_reject(lexer, "name is longer than %d characters: %.20s...", IDL_NAME_MAX, lexer->text);
}

/* Decimal, 0x hexadecimal, or octal with a leading 0. */
static void read_number(struct idl_lexer *lexer)
{
	const char *start = lexer->at;
	unsigned base = 10;
	uint64_t value = 0;

	lexer->kind = IDL_NUMBER;
	lexer->negative = *lexer->at == '-';
	if (lexer->negative)
		lexer->at++;
	if (lexer->end - lexer->at >= 2 && lexer->at[0] == '0') {
		if ((lexer->at[1] | 32) == 'x') {
			base = 16;
			lexer->at += 2;
		} else if (isdigit((unsigned char)lexer->at[1])) {
			base = 8;
			lexer->at++;
		}
	}
	const char *digits = lexer->at;

	while (lexer->at < lexer->end && (isalnum((unsigned char)*lexer->at) || *lexer->at == '_')) {
		int c = *lexer->at | 32;
		unsigned digit = isdigit((unsigned char)*lexer->at) ? (unsigned)(*lexer->at - '0')
				 : c >= 'a' && c <= 'f'		    ? (unsigned)(c - 'a' + 10)
								    : 99u;

		if (digit >= base) {
			idl_reject(lexer, "not a digit in a number: %c", *lexer->at);
			return;
		}
		if (value > (UINT64_MAX - digit) / base) {
			idl_reject(lexer, "number does not fit 64 bits");
			return;
		}
		value = value * base + digit;
		lexer->at++;
	}
	lexer->number = value;
	lexer->text = idl_copy(lexer->idl, start, (size_t)(lexer->at - start));
	if (lexer->at == digits)
		idl_reject(lexer, "number without digits: %s", lexer->text);
	else if (lexer->negative && value > (uint64_t)INT64_MAX + 1)
		idl_reject(lexer, "number does not fit 64 bits");
}

static void read_string(struct idl_lexer *lexer)
{
	const char *start = ++lexer->at;

	lexer->kind = IDL_STRING;
	while (lexer->at < lexer->end && *lexer->at != '"') {
		unsigned char c = (unsigned char)*lexer->at;

		if (c == '\n') {
			idl_reject(lexer, "string is not closed on its line");
			return;
		}
		/* Texts end up in C comments and C strings. */
		if (c < 32 || c == 127 || c == '\\' ||
		    (c == '*' && lexer->at + 1 < lexer->end && lexer->at[1] == '/')) {
			idl_reject(lexer, "strings may not hold control characters, backslashes or */");
			return;
		}
		lexer->at++;
	}
	if (lexer->at == lexer->end) {
		idl_reject(lexer, "string is not closed on its line");
		return;
	}
	lexer->text = idl_copy(lexer->idl, start, (size_t)(lexer->at - start));
	lexer->at++;
}

void idl_advance(struct idl_lexer *lexer)
{
	lexer->text = "";
	lexer->kind = IDL_END;
	if (lexer->failed)
		return;
	skip_blanks(lexer);
	lexer->token_line = lexer->line;
	if (lexer->at == lexer->end)
		return;
	unsigned char c = (unsigned char)*lexer->at;

	if (name_start(c)) {
		read_name(lexer);
	} else if (isdigit(c) ||
		   (c == '-' && lexer->end - lexer->at > 1 && isdigit((unsigned char)lexer->at[1]))) {
		read_number(lexer);
	} else if (c == '"') {
		read_string(lexer);
	} else if (c && strchr("{}[];|", c)) {
		lexer->kind = IDL_SIGN;
		lexer->text = idl_copy(lexer->idl, lexer->at++, 1);
	} else if (isprint(c)) {
		idl_reject(lexer, "unexpected character: %c", c);
	} else {
		idl_reject(lexer, "unexpected byte: 0x%02x", c);
	}
}

void idl_lexer_begin(struct idl_lexer *lexer, struct idl *idl, const char *file, const char *text,
		     size_t length)
{
	*lexer = (struct idl_lexer){.idl = idl, .file = file, .at = text, .end = text + length, .line = 1};
	idl_advance(lexer);
}

const char *idl_describe(struct idl_lexer *lexer)
{
	switch (lexer->kind) {
	case IDL_END:
		return "the end of the file";
	case IDL_STRING:
		return "a string";
	default:
		return lexer->text;
	}
}

bool idl_at_sign(const struct idl_lexer *lexer, char sign)
{
	return lexer->kind == IDL_SIGN && lexer->text[0] == sign;
}

bool idl_at_name(const struct idl_lexer *lexer, const char *name)
{
	return lexer->kind == IDL_NAME && strcmp(lexer->text, name) == 0;
}

bool idl_take_sign(struct idl_lexer *lexer, char sign)
{
	bool here = idl_at_sign(lexer, sign);

	if (here)
		idl_advance(lexer);
	return here;
}

bool idl_take_name(struct idl_lexer *lexer, const char *name)
{
	bool here = idl_at_name(lexer, name);

	if (here)
		idl_advance(lexer);
	return here;
}

void idl_expect_sign(struct idl_lexer *lexer, char sign)
{
	if (!lexer->failed && !idl_take_sign(lexer, sign))
		idl_reject(lexer, "expected '%c', found %s", sign, idl_describe(lexer));
}

const char *idl_expect_name(struct idl_lexer *lexer, const char *what)
{
	const char *name = lexer->text;

	if (lexer->failed)
		return "";
	if (lexer->kind != IDL_NAME) {
		idl_reject(lexer, "expected %s, found %s", what, idl_describe(lexer));
		return "";
	}
	idl_advance(lexer);
	return name;
}

uint64_t idl_expect_number(struct idl_lexer *lexer, const char *what, uint64_t max)
{
	uint64_t number = lexer->number;

	if (lexer->failed)
		return 0;
	if (lexer->kind != IDL_NUMBER || lexer->negative) {
		idl_reject(lexer, "expected %s, found %s", what, idl_describe(lexer));
		return 0;
	}
	if (number > max) {
		idl_reject(lexer, "%s is above %llu: %llu", what, (unsigned long long)max,
			   (unsigned long long)number);
		return 0;
	}
	idl_advance(lexer);
	return number;
}
