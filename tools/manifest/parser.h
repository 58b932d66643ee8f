/* What the parts of the manifest's parser share. */
#ifndef PARSER_H
#define PARSER_H

#include "manifest.h"

enum { WORDS_MAX = DJED_SERVICES_MAX + 1, WORD_MAX = 32 };

struct parser {
	struct manifest *manifest;
	struct manifest_place place; /* of the line that is read or complained about */
	unsigned words;		     /* of this line, comments and blanks removed */
	char word[WORDS_MAX][WORD_MAX];
	struct djed_system_service *service; /* being described */
	struct manifest_rights *rights;	     /* of the same */
	uint32_t seen;			     /* bit per entry of `properties`: given for this service */
};

/* Notes "FILE:LINE: reason", and is false. */
bool wrong(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One kind of line. */
struct property {
	const char *name;
	const char *expected;
	unsigned fewest, most; /* words behind the name */
	bool (*read)(struct parser *p);
};
/* The first PROPERTIES_REQUIRED must be given for each service. */
enum { PROPERTIES = 16, PROPERTIES_REQUIRED = 4, PROPERTY_RECOVERY = 3 };
extern const struct property properties[PROPERTIES];

/* Whether a service or an image may have this name. */
bool is_valid_name(const char *name);

/* Whether a capability that is no service's endpoint has this name. */
bool is_object_name(const char *name);

/* Ends the description of p->service. */
bool check_complete(struct parser *p);
/* What concerns all services together. */
bool check_whole(struct parser *p);

/* Gives each service the capabilities that follow from all lines. */
bool make_capabilities(struct parser *p);

#endif
