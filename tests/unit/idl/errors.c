/* What djed-idl says about wrong interface files: every message of lexer.c, parse.c, parse_linux.c and
 * check.c. */
#include <stdio.h>
#include <string.h>

#include "idl.h"

#define P "protocol p 16 \"t\"\n"
#define M "message m 1 reads \"t\" "
#define L "linux \"t\"\n"
#define C "call c 1 pm reads recover EIO full \"\" "

static const struct {
	const char *error;    /* expected; NULL: the files are right */
	const char *files[3]; /* a.idl, b.idl, c.idl */
} cases[] = {
    /* tokens */
    {"a.idl:1: expected protocol or linux, found the end of the file", {""}},
    {"a.idl:1: expected protocol or linux, found message", {"message"}},
    {"a.idl:1: string is not closed on its line", {"protocol p 16 \"text"}},
    {"a.idl:2: string is not closed on its line", {"protocol p 16\n\"text\n\""}},
    {"a.idl:1: strings may not hold control characters, backslashes or */", {"protocol p 16 \"a\tb\""}},
    {"a.idl:1: strings may not hold control characters, backslashes or */", {"protocol p 16 \"a*/b\""}},
    {"a.idl:1: strings may not hold control characters, backslashes or */", {"protocol p 16 \"a\\b\""}},
    {"a.idl:1: unexpected character: @", {"protocol @"}},
    {"a.idl:1: unexpected byte: 0xff", {"protocol \xff"}},
    {"a.idl:1: name is longer than 48 characters: aaaaaaaaaaaaaaaaaaaa...",
     {"protocol aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 16 \"t\""}},
    {"a.idl:1: not a digit in a number: g", {"protocol p 16g \"t\""}},
    {"a.idl:1: not a digit in a number: 8", {"protocol p 018 \"t\""}},
    {"a.idl:1: number without digits: 0x", {"protocol p 0x \"t\""}},
    {"a.idl:1: number does not fit 64 bits", {"protocol p 18446744073709551616 \"t\""}},
    {"a.idl:2: number does not fit 64 bits", {P M "{ in a i64 range -9223372036854775809 0; }"}},
    /* protocols */
    {"a.idl:1: expected a protocol, found 16", {"protocol 16"}},
    {"a.idl:1: expected the protocol's number, found p", {"protocol p p"}},
    {"a.idl:1: expected the protocol's number, found -1", {"protocol p -1 \"t\""}},
    {"a.idl:1: the protocol's number is above 65535: 65536", {"protocol p 65536 \"t\""}},
    {"a.idl:1: expected a description in quotes, found the end of the file", {"protocol p 16"}},
    {"a.idl:1: protocol number 15 is reserved; servers' protocols start at 16", {"protocol p 15 \"t\""}},
    {"a.idl:1: protocol number 2 is reserved; servers' protocols start at 16", {"protocol p 2 \"t\""}},
    {"a.idl:1: a protocol may not be called kernel", {"protocol kernel 16 \"t\""}},
    {"a.idl:1: a protocol may not be called linux_x", {"protocol linux_x 16 \"t\""}},
    {"b.idl:1: protocol number 16 is taken by p in a.idl", {P, "protocol q 16 \"t\""}},
    {"b.idl:1: protocol name p is taken by a.idl", {P, "protocol p 17 \"t\""}},
    {"b.idl:1: protocol p_client would overwrite the headers of p in a.idl",
     {P, "protocol p_client 17 \"t\""}},
    {"a.idl:1: protocol p_server would overwrite the headers of p in b.idl",
     {"protocol p_server 17 \"t\"", P}},
    {"a.idl:1: a protocol may not be called labels", {"protocol labels 16 \"t\""}},
    {"b.idl:1: operations of the kernel are already described in a.idl",
     {"protocol kernel 0 \"t\"", "protocol kernel 0 \"t\""}},
    {"a.idl:2: expected message, found operation", {P "operation o 1 reads \"t\" {}"}},
    {"a.idl:1: expected operation, found message", {"protocol kernel 0 \"t\" message m 1 reads \"t\" {}"}},
    /* messages */
    {"a.idl:2: a message must be in lower case: Mm", {P "message Mm 1 reads \"t\" {}"}},
    {"a.idl:2: a message may not begin or end with an underscore: m_", {P "message m_ 1 reads \"t\" {}"}},
    {"a.idl:2: a message may not begin with djed_ or end with _t: djed_m",
     {P "message djed_m 1 reads \"t\" {}"}},
    {"a.idl:2: a field may not begin with djed_ or end with _t: size_t", {P M "{ in size_t u8; }"}},
    {"a.idl:2: a message may not be called while, which means something in C",
     {P "message while 1 reads \"t\" {}"}},
    {"a.idl:2: a message may not be called bool, which means something in C",
     {P "message bool 1 reads \"t\" {}"}},
    {"a.idl:2: the message's number is above 65535: 65536", {P "message m 65536 reads \"t\" {}"}},
    {"a.idl:2: expected a side-effect class (reads, undoable, deferrable, compensatable, repeatable or "
     "final), found write",
     {P "message m 1 write \"t\" {}"}},
    {"a.idl:2: expected a description in quotes, found {", {P "message m 1 reads {}"}},
    {"a.idl:3: number 1 is taken by m of line 2", {P M "{}\nmessage n 1 reads \"t\" {}"}},
    {"a.idl:3: name m is taken by line 2", {P M "{}\nmessage m 2 reads \"t\" {}"}},
    {"a.idl:3: name read_forward is taken: read of line 2 has that stub",
     {P "message read 1 reads \"t\" {}\nmessage read_forward 2 reads \"t\" {}"}},
    {"a.idl:2: name dispatch is taken: the protocol has that function",
     {P "message dispatch 1 reads \"t\" {}"}},
    {"a.idl:3: name on_read is taken: read of line 2 has that handler",
     {P "message read 1 reads \"t\" {}\nmessage on_read 2 reads \"t\" {}"}},
    {"a.idl:2: name serve_read is taken: read of line 3 has that function",
     {P "message serve_read 1 reads \"t\" {}\nmessage read 2 reads \"t\" {}"}},
    {"a.idl:2: expected '{', found the end of the file", {P M}},
    {"a.idl:2: m has no buffer b", {P M "{ out a u32 within b; }"}},
    {"a.idl:2: expected ';', found within", {P M "{ in a u32 within b; buffer b read; }"}},
    {"a.idl:2: expected ';', found within", {P M "{ out a bool within b; buffer b read; }"}},
    {NULL, {P M "{ out a u32 within b; buffer b read; }"}},
    {"a.idl:2: expected what the call gives (zero, descriptor, process, address, count), found 7",
     {L "call c 1 pm reads recover EIO gives 7 full \"\" { }"}},
    {"a.idl:2: c has no argument n", {L "call c 1 pm reads recover EIO gives count n full \"\" { }"}},
    {NULL, {L "call c 1 pm reads recover EIO gives count n full \"\" { value n; }"}},
    {"a.idl:2: expected in, out, inout, buffer, errors, recover (once) or '}', found the end of the file",
     {P M "{"}},
    {"a.idl:2: expected in, out, inout, buffer, errors, recover (once) or '}', found recover",
     {P M "{ recover EIO; recover EIO; }"}},
    {"a.idl:2: unknown errno ENOTHING", {P M "{ errors EIO ENOTHING; }"}},
    {"a.idl:2: expected the name of an errno, found ;", {P M "{ recover ; }"}},
    {"a.idl:2: expected ';', found a string", {P M "{ errors EIO \"t\"; }"}},
    /* fields */
    {"a.idl:2: unknown type u12: one of u8 u16 u32 u64 i32 i64 bool bytes[N] text[N] was expected",
     {P M "{ in a u12; }"}},
    {"a.idl:2: expected '[', found ;", {P M "{ in a bytes; }"}},
    {"a.idl:2: size is above 48: 49", {P M "{ in a bytes[49]; }"}},
    {"a.idl:2: size of a is too small: 0", {P M "{ in a bytes[0]; }"}},
    {"a.idl:2: size of a is too small: 1", {P M "{ in a text[1]; }"}},
    {"a.idl:2: expected ']', found ;", {P M "{ in a bytes[4; }"}},
    {"a.idl:2: bool cannot have a range", {P M "{ in a bool range 0 1; }"}},
    {"a.idl:2: text cannot have a range", {P M "{ in a text[4] range 0 1; }"}},
    {"a.idl:2: 256 is outside of u8", {P M "{ in a u8 range 0 256; }"}},
    {"a.idl:2: -1 is outside of u32", {P M "{ in a u32 range -1 5; }"}},
    {"a.idl:2: -2147483649 is outside of i32", {P M "{ in a i32 range -2147483649 5; }"}},
    {"a.idl:2: 9223372036854775808 is outside of i64", {P M "{ in a i64 range 0 9223372036854775808; }"}},
    {"a.idl:2: range of a is empty", {P M "{ in a u8 range 2 1; }"}},
    {"a.idl:2: range of a is empty", {P M "{ in a i32 range 2 -1; }"}},
    {"a.idl:2: expected a bound of the range, found ;", {P M "{ in a u8 range 2; }"}},
    {"a.idl:2: expected ';', found range", {P M "{ in a u8 range 2 3 range 2 3; }"}},
    {"a.idl:2: expected ';', found a string", {P M "{ in a u8 \"t\" \"t\"; }"}},
    {"a.idl:2: m has two fields called a", {P M "{ in a u8; out a u8; }"}},
    {"a.idl:2: m has two fields called a", {P M "{ in a u8; buffer a read; }"}},
    {"a.idl:2: a field may not be called to: the stub's first parameter is", {P M "{ in to u8; }"}},
    {"a.idl:2: a buffer may not be called to: the stub's first parameter is", {P M "{ buffer to read; }"}},
    {"a.idl:2: a field may not be called to: the stub's first parameter is", {P M "{ out to u8; }"}},
    {"a.idl:3: too many words with b: the request of m fits 8",
     {P M "{ in a bytes[48]; inout c bytes[16];\nin b u8; }"}},
    {"a.idl:3: too many words with b: the reply of m fits 8",
     {P M "{ out a bytes[48]; inout c bytes[16];\nout b u8; }"}},
    {"a.idl:2: expected what the callee does with the buffer (read, write or both), found ;",
     {P M "{ buffer a; }"}},
    {"a.idl:2: m lends 3 buffers; at most 2 are possible",
     {P M "{ buffer a read; buffer b read; buffer c read; }"}},
    /* operations */
    {"a.idl:1: fields of operations are registers: in or out, u64",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { in a u32; }"}},
    {"a.idl:1: fields of operations are registers: in or out, u64",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { inout a u64; }"}},
    {"a.idl:1: expected in, out or '}', found buffer",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { buffer a read; }"}},
    {"a.idl:1: the operation's number is above 255: 256",
     {"protocol k 0 \"t\" operation o 256 reads \"t\" {}"}},
    {"a.idl:2: too many words with g: the request of o fits 6",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { in a u64; in b u64; in c u64; in d u64; in e u64; in f "
      "u64;\nin g u64; }"}},
    {"a.idl:1: too many words with d: the reply of o fits 3",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { out a u64; out b u64; out c u64; out d u64; }"}},
    {"a.idl:1: o has no field b", {"protocol k 0 \"t\" operation o 1 reads \"t\" { in a u64 fills b; }"}},
    {"a.idl:1: expected ';', found fills",
     {"protocol k 0 \"t\" operation o 1 reads \"t\" { out a u64 fills b; }"}},
    /* applications */
    {"a.idl:2: numbers below 4096 belong to Linux: 4095", {P "application 4095\n" M "{}"}},
    {"a.idl:3: text cannot be an argument of an application's call: a",
     {P "application 4096\n" M "{ in a text[4]; }"}},
    {"a.idl:3: inout cannot be an argument of an application's call: a",
     {P "application 4096\n" M "{ inout a u8; }"}},
    {"a.idl:3: m takes 7 arguments from an application; a call has 6",
     {P "application 4096\n" M "{ in a u8; in b u8; in c u8; buffer d read; buffer e read; }"}},
    {"a.idl:3: application's call number of m is above 65534: 65535", {P "application 65534\n" M "{}"}},
    {"b.idl:2: application's call number 4100 of n is taken by m of a.idl",
     {P "application 4099\n" M "{}", "protocol q 17 \"t\" application 4098\nmessage n 2 reads \"t\" {}"}},
    /* Linux calls */
    {"b.idl:1: Linux calls are already described in another file", {L, L}},
    {"a.idl:2: expected call, absent, flags or values, found message", {L "message"}},
    {"a.idl:2: the call's number is above 1023: 1024", {L "call c 1024 pm"}},
    {"a.idl:2: expected the call's owner, found 5", {L "call c 1 5"}},
    {"a.idl:2: expected the call's second owner, found 5", {L "call c 1 vfs|5"}},
    {"a.idl:2: expected recover and an errno, found full", {L "call c 1 pm reads full \"\" {}"}},
    {"a.idl:2: c may not recover with EINTR: programs would repeat it for ever",
     {L "call c 1 pm reads recover EINTR full \"\" {}"}},
    {"a.idl:2: c may not recover with EAGAIN: programs would repeat it for ever",
     {L "call c 1 pm reads recover EAGAIN full \"\" {}"}},
    {"a.idl:2: c may not recover with EWOULDBLOCK: programs would repeat it for ever",
     {L "call c 1 pm reads recover EWOULDBLOCK full \"\" {}"}},
    {"a.idl:2: expected full, partial or absent, found half",
     {L "call c 1 pm reads recover EIO half \"\" {}"}},
    {"a.idl:2: c is partial: its note must say what is missing",
     {L "call c 1 pm reads recover EIO partial \"\" {}"}},
    {"a.idl:2: expected a note in quotes, found {", {L "call c 1 pm reads recover EIO full {}"}},
    {"a.idl:2: unknown kind of argument u64: one of value int uint fd pid signal flags mode id path in out "
     "inout was expected",
     {L C "{ u64 a; }"}},
    {"a.idl:2: expected address, found ;", {L C "{ in a; }"}},
    {"a.idl:2: c has no argument b", {L C "{ in a address length b; }"}},
    {"a.idl:2: size is above 1048576: 1048577", {L C "{ in a address size 1048577; }"}},
    {"a.idl:2: c has two arguments called a", {L C "{ fd a; fd a; }"}},
    {"a.idl:2: c has more than 6 arguments", {L C "{ fd a; fd b; fd c; fd d; fd e; fd f; fd g; }"}},
    {"a.idl:2: unknown set of constants s", {L C "{ flags a s; }"}},
    {"a.idl:3: number 1 is taken by c of line 2", {L C "{}\ncall d 1 pm reads recover EIO full \"\" {}"}},
    {"a.idl:3: name c is taken by line 2", {L C "{}\nabsent c 2;"}},
    {"a.idl:2: expected a call, found the end of the file", {L "absent c 2"}},
    {"a.idl:2: expected the call's number, found d", {L "absent c d 2;"}},
    {"a.idl:2: expected a constant, found 1", {L "values v { 1 1; }"}},
    {"a.idl:2: expected its value, found ;", {L "values v { A; }"}},
    {"a.idl:3: set v is already there in line 2", {L "values v { A 1; }\nflags v { B 1; }"}},
    /* right */
    {NULL, {P}},
    {NULL, {P M "{}", L C "{}", "protocol kernel 0 \"t\""}},
    {NULL,
     {P "application 4096\n" M "{ in a u8; in b u8; buffer d read; buffer e read; out f u8; out g u8; }"}},
    {NULL,
     {L "call c 0 vfs|mm undoable parks recover EIO partial \"n\" { in a address length b; value b; "
	"}\nabsent D 5 E 6;"}},
};

int main(void)
{
	static const char *const names[] = {"a.idl", "b.idl", "c.idl"};
	unsigned failures = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *expected = cases[i].error ? cases[i].error : "";
		struct idl idl;
		bool good = true;

		idl_begin(&idl);
		for (unsigned j = 0; j < 3 && cases[i].files[j] && good; j++)
			good = idl_parse(&idl, names[j], cases[i].files[j], strlen(cases[i].files[j]));
		if (good)
			good = idl_check(&idl);
		if (good != !cases[i].error || strcmp(idl.error, expected) != 0) {
			fprintf(stderr, "expected: %s\n     got: %s\n", expected, idl.error);
			failures++;
		}
		idl_end(&idl);
	}
	printf("%zu wrong and right files, %u failures\n", sizeof(cases) / sizeof(cases[0]), failures);
	return failures != 0;
}
