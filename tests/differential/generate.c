/* Writes random C programs for the differential check.
 *
 *     generate FIRST COUNT >FILE.c
 *
 * Program number n depends on n alone. A program is a set of globals of every shape that stores come in, and
 * a handler that changes them by a random selection of the statements below. Programs have no undefined
 * behaviour, end, and keep no addresses of local variables in memory, so that the memory they leave is a
 * function of the memory they found.
 *
 * `P` stands for the program's prefix in the templates. The scalar expressions E are of type uint64_t. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { HELPERS = 3, STATEMENTS = 7, DEPTH = 2, LIMIT = 48 /* upper bound of loops, and of array lengths */ };

static uint64_t state;
static unsigned program;
static unsigned helpers; /* helpers that are defined already */

static uint64_t next(void)
{
	uint64_t x = state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static unsigned below(unsigned limit)
{
	return (unsigned)(next() % limit);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void expression(unsigned depth);

/* Prints a template: `P` before an underscore is the prefix, `$E` an expression, `$I` one below LIMIT, `$N` a
 * number of 1..LIMIT, `$S` a small number of 1..8. */
static void print(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (c[0] == 'P' && c[1] == '_') {
			printf("p%u", program);
		} else if (c[0] == '$') {
			c++;
			if (*c == 'E') {
				expression(DEPTH);
			} else if (*c == 'I') {
				printf("(");
				expression(1);
				printf(") %% %d", LIMIT);
			} else {
				printf("%u", 1 + below(*c == 'S' ? 8 : LIMIT));
			}
		} else {
			putchar(*c);
		}
	}
}

static const char *const globals =
    "static uint8_t P_b[2 * 48 + 8]; static uint16_t P_h[48]; static uint32_t P_w[48]; static uint64_t "
    "P_q[48];\n"
    "static int8_t P_sb[48]; static int64_t P_sq[48]; static _Bool P_flag[48];\n"
    "struct P_plain { uint32_t a; uint8_t b; uint64_t c; uint16_t d[3]; };\n"
    "struct P_big { uint64_t a[9]; struct P_plain s[4]; uint8_t tail; };\n"
    "struct __attribute__((packed)) P_packed { uint8_t a; uint32_t b; uint64_t c; uint16_t d; };\n"
    "struct P_bits { unsigned a : 3, b : 7, c : 14; int d : 5; uint64_t e : 41; unsigned f : 1; };\n"
    "struct __attribute__((packed)) P_odd { unsigned a : 20; unsigned b : 4; uint8_t c; uint64_t d : 48; };\n"
    "union P_either { uint64_t q; uint32_t w[2]; uint8_t b[8]; double f; };\n"
    "typedef uint32_t P_v4 __attribute__((vector_size(16))); typedef uint8_t P_v32 "
    "__attribute__((vector_size(32)));\n"
    "typedef uint64_t P_v1 __attribute__((vector_size(8)));\n"
    "static struct P_plain P_s[48]; static struct P_big P_g[4]; static struct P_packed P_p[48];\n"
    "static struct P_bits P_f[48]; static struct P_odd P_o[48]; static union P_either P_u[48];\n"
    "static P_v4 P_x[12]; static P_v32 P_y[4]; static P_v1 P_z[6];\n"
    "static unsigned _BitInt(24) P_i24[8]; static unsigned _BitInt(100) P_i100[4]; static unsigned __int128 "
    "P_i128[4];\n"
    "static double P_d[8]; static float P_e[8]; static long double P_l[4];\n"
    "static uint64_t P_k[8]; static uint32_t P_t[8]; static uint8_t P_n[8];\n"
    "static volatile uint32_t P_vol; static va_list P_saved;\n"
    "static uint32_t *P_ptr = P_w; static struct P_plain *P_list = P_s;\n";

/* A random lvalue of integer type. */
static void lvalue(void)
{
	static const char *const forms[] = {
	    "P_b[$I]",
	    "P_h[$I]",
	    "P_w[$I]",
	    "P_q[$I]",
	    "P_sb[$I]",
	    "P_sq[$I]",
	    "P_s[$I].a",
	    "P_s[$I].b",
	    "P_s[$I].c",
	    "P_s[$I].d[1]",
	    "P_p[$I].b",
	    "P_p[$I].c",
	    "P_p[$I].d",
	    "P_f[$I].a",
	    "P_f[$I].c",
	    "P_f[$I].e",
	    "P_o[$I].a",
	    "P_o[$I].d",
	    "P_u[$I].w[1]",
	    "P_u[$I].b[3]",
	    "P_vol",
	    "P_i24[($E) % 8]",
	    "P_i128[($E) % 4]",
	    "P_ptr[$I]",
	    "P_list[$I].c",
	    "arena[($E) % 4096]",
	    "P_g[1].tail",
	    "P_k[($E) % 8]",
	    "P_i100[($E) % 4]",
	};
	print(forms[below(sizeof(forms) / sizeof(forms[0]))]);
}

static void expression(unsigned depth)
{
	static const char *const operators[] = {"+", "-", "*", "^", "&", "|"};
	unsigned form = depth == 0 ? below(3) : below(8);

	switch (form) {
	case 0:
		printf("UINT64_C(%" PRIu64 ")", next() >> below(64));
		break;
	case 1:
		printf("x");
		break;
	case 2:
		printf("y");
		break;
	case 3:
		printf("(uint64_t)");
		print((const char *[]){"P_b", "P_h", "P_w", "P_q", "P_sq"}[below(5)]);
		printf("[(");
		expression(depth - 1);
		printf(") %% %d]", LIMIT);
		break;
	case 4:
		printf("((");
		expression(depth - 1);
		printf(") >> %u)", below(64));
		break;
	default:
		printf("((");
		expression(depth - 1);
		printf(") %s (", operators[below(6)]);
		expression(depth - 1);
		printf("))");
	}
}

/* ---- statements -----------------------------------------------------------------------------------------
 */

static const char *const templates[] = {
    /* fields of one object: merging, with and without gaps, and with something in between that may not return
     */
    "{ struct P_plain *o = &P_list[$I]; o->a = $E; o->b = $E; o->c = $E; o->d[0] = $E; o->d[2] = x; }",
    "{ struct P_packed *o = &P_p[$I]; o->a = $E; o->d = $E; o->b = y; o->c = $E; }",
    "{ struct P_odd *o = &P_o[$I]; o->a = $E; o->c = $E; o->d = $E; }",
    "{ struct P_bits *o = &P_f[$I]; o->a = $E; o->d = $E; o->e = $E; o->f ^= 1; }",
    "P_w[$N % 40] = x; P_w[$N % 40 + 1] = y; P_w[$N % 40 + 2] = $E; P_b[3] = x; P_b[4] = y; P_b[5] ^= 1;",
    "P_k[2] = x; P_k[0] = $E; P_k[1] = y; P_k[3]++;",
    /* copies */
    "P_s[$I] = P_s[$I]; P_p[$I] = P_p[$I];",
    "P_g[($E) % 4] = P_g[($E) % 4]; P_g[($E) % 4].s[($E) % 4] = P_s[$I];",
    "memcpy(&P_b[$S], &P_h[$S], $N);",
    "memcpy(P_b + ($E) % 40, P_w, ($E) % 50);",
    "memmove(P_b + $S, P_b + $S, $N);",
    "memmove(P_b + ($E) % 24, P_b + ($E) % 24, ($E) % 60);",
    "memmove(arena + ($E) % 500, arena + ($E) % 500, ($E) % 2000);",
    "memset(&P_b[($E) % 30], (int)x, ($E) % 60);",
    "memset(&P_g[$S % 4], (int)y, sizeof(P_g[0])); memset(&P_h[$S], 0, $S * 2);",
    "__builtin_memcpy_inline(&P_q[$S], &P_w[$S], 29); __builtin_memset_inline(&P_p[$S], 7, 13);",
    "plain_memset(&P_b[$S], (int)x, ($E) % 40); plain_memcpy(&P_w[$S], P_q, ($E) % 99); plain_memmove(arena "
    "+ $S, arena, $N);",
    "plain_strncpy((char *)P_b + $S, (const char *)P_text, $N); plain_strcpy((char *)P_b + $N, P_text + $S);",
    /* loops */
    "for (unsigned i = 0; i < LIMIT; i++) P_w[i] += (uint32_t)(x * i);",
    "for (unsigned i = 0; i < ($E) % LIMIT; i++) { P_h[i] = (uint16_t)(y + i); P_q[i] ^= x; }",
    "for (unsigned i = ($E) % LIMIT; i-- > 0;) P_sb[i] = (int8_t)(P_sb[i] + (int)i);",
    "for (unsigned i = $S; i < LIMIT; i += 2) P_w[i] = (uint32_t)(x >> (i % 32));",
    "for (unsigned i = 0; i < ($E) % LIMIT; i++) { P_list[i].a = i; P_list[i].c += y; P_list[i].d[i % 3] = "
    "(uint16_t)x; }",
    "for (unsigned i = 0; i < $N; i++) { P_k[3] += i; P_t[1] ^= P_w[i]; if (P_b[i] & 1) P_n[2]++; }",
    "for (unsigned i = 0; i < $S; i++) for (unsigned j = 0; j < 6; j++) { P_q[i * 6 % LIMIT + j % 2] += j; "
    "P_k[5] = i; }",
    "for (unsigned i = 0; i < LIMIT; i++) if (P_b[i] > (x & 255)) P_w[i] = (uint32_t)(P_w[i] * 3 + i);",
    "for (unsigned i = 0; i < LIMIT; i++) { if (P_h[i] == (y & 0xffff)) break; P_h[i] = (uint16_t)(i + x); }",
    "{ uint32_t *p = P_ptr, *end = P_ptr + ($E) % LIMIT; while (p < end) *p++ ^= (uint32_t)y; }",
    "{ uint64_t n = ($E) % LIMIT; while (n) { P_u[n].q += n; n = n * 3 / 4; } }",
    "for (unsigned i = 0; i + 4 < LIMIT; i++) P_b[i + $S % 4] = P_b[i];",
    /* vectors, wide and odd types, floating point */
    "P_x[($E) % 12] += P_x[($E) % 12]; P_x[$S] = (P_v4){(uint32_t)x, 1, (uint32_t)y, 3};",
    "P_y[($E) % 4] ^= P_y[($E) % 4] + 1; P_z[$S % 6] = P_z[1] * 3 + 1; P_y[1][$S] = (uint8_t)x;",
    "P_i24[($E) % 8] += (unsigned _BitInt(24))x; P_i100[($E) % 4] = (unsigned _BitInt(100))x * 12345;",
    "P_i128[($E) % 4] = (unsigned __int128)x * y; P_flag[$I] = x < y;",
    "P_d[$S % 8] = (double)(x & 0xffff) * 0.5; P_e[$S % 8] += 1.5f; P_l[$S % 4] = (long double)(y & 0xfff) / "
    "3;",
    /* atomics */
    "__atomic_fetch_add(&P_k[($E) % 8], x, __ATOMIC_SEQ_CST); __atomic_fetch_nand(&P_t[$S % 8], (uint32_t)y, "
    "__ATOMIC_RELAXED);",
    "y ^= __atomic_exchange_n(&P_n[($E) % 8], (uint8_t)x, __ATOMIC_ACQ_REL); __atomic_store_n(&P_t[$S % 8], "
    "(uint32_t)x, __ATOMIC_RELEASE);",
    "{ uint64_t want = $E & 1 ? P_k[6] : x; __atomic_compare_exchange_n(&P_k[6], &want, y, 0, "
    "__ATOMIC_SEQ_CST, __ATOMIC_RELAXED); y += want; }",
    "{ uint8_t want = P_n[$S % 8]; __atomic_compare_exchange_n(&P_n[$S % 8], &want, (uint8_t)y, 1, "
    "__ATOMIC_SEQ_CST, __ATOMIC_RELAXED); }",
    /* pointers that move, calls, assembly, variable arguments, labels as values */
    "P_ptr = ($E) & 1 ? P_w : P_aside; P_list = P_s; P_ptr[$I] = (uint32_t)x;",
    "P_assembly(&P_w[$I], (uint32_t)x);",
    "P_variable(3, $E, $E, $E);",
    "y += P_labels($E);",
    "{ uint64_t local[4] = {x, y, x ^ y, 1}; P_through(local, $E); y += local[1]; P_through(P_q, x); }",
    "{ struct P_plain copy = P_s[$I]; copy.a ^= 5; P_by_value(copy, $I); y ^= copy.a; }",
    "P_s[$I] = P_by_result(P_s[$I], $E);",
};

/* What the statements call. */
static const char *const functions =
    "static uint32_t P_aside[48]; static const char P_text[] = \"a text of twenty-three\";\n"
    "static inline void P_assembly(uint32_t *p, uint32_t v) { __asm__(\"movl %1, %0\" : \"=m\"(*p) : "
    "\"r\"(v)); }\n"
    "__attribute__((noinline)) static void P_variable(int n, ...)\n"
    "{\n\tva_list list;\n\tva_start(list, n);\n\tva_copy(P_saved, list);\n"
    "\tfor (int i = 0; i < n; i++)\n\t\tP_q[i] += va_arg(P_saved, uint64_t);\n"
    "\tva_end(P_saved);\n\tva_end(list);\n\tmemset(&P_saved, 0, sizeof(P_saved));\n}\n"
    "__attribute__((noinline)) static uint64_t P_labels(uint64_t v)\n"
    "{\n\tstatic const void *const table[] = {&&zero, &&one, &&two};\n\tgoto *table[v % 3];\n"
    "zero:\n\tP_k[7] += v;\n\tP_k[7] ^= P_k[1];\n\treturn 1;\none:\n\tP_s[1] = "
    "P_s[2];\n\tP_w[5]++;\n\treturn 2;\n"
    "two:\n\tP_through(P_q + 3, v);\n\treturn 3;\n}\n"
    "__attribute__((noinline)) static void P_by_value(struct P_plain s, uint64_t at) { s.c++; P_s[at] = s; "
    "}\n"
    "__attribute__((noinline)) static struct P_plain P_by_result(struct P_plain s, uint64_t v) { s.d[1] = "
    "(uint16_t)v; return s; }\n";

static void statement(unsigned depth)
{
	unsigned form = below(10);

	if (form == 0 && depth > 0) {
		print("\tif ((($E) & 3) > 1) {\n\t");
		statement(depth - 1);
		print("\t} else {\n\t");
		statement(depth - 1);
		print("\t}\n");
	} else if (form == 1 && helpers > 0) {
		unsigned callee = below(helpers);
		if (below(2)) {
			printf("\ty += p%u_call%u(x, y, arena);\n", program, callee);
		} else {
			printf("\ty ^= p%u_table[", program);
			expression(1);
			printf(" %% %u](y, x, arena);\n", helpers);
		}
	} else if (form == 2 && below(3) == 0) {
		print("\tif ((($E) & 15) == 3)\n\t\treturn y;\n");
	} else if (form <= 4) {
		print("\t");
		lvalue();
		print((const char *[]){" = ", " += ", " ^= "}[below(3)]);
		print("$E;\n");
	} else {
		print("\t");
		print(templates[below(sizeof(templates) / sizeof(templates[0]))]);
		print("\n");
	}
}

static void function(void)
{
	printf("uint64_t x, uint64_t y, uint8_t *arena)\n{\n\t(void)arena;\n");
	for (unsigned i = 0; i < STATEMENTS; i++)
		statement(1);
	print("\treturn y + P_w[3];\n}\n");
}

static void generate(unsigned number)
{
	program = number;
	state = number * 0x10001u;
	helpers = 0;
	print(globals);
	print("__attribute__((noinline)) static void P_through(uint64_t *p, uint64_t v) { p[1] = v; p[0] ^= "
	      "p[1]; p[2]++; }\n");
	print(functions);
	for (unsigned i = 0; i < HELPERS; i++) {
		printf("%sstatic uint64_t p%u_call%u(", below(2) ? "__attribute__((noinline)) " : "", program,
		       i);
		function();
		helpers++;
		printf("static uint64_t (*const p%u_table%u[])(uint64_t, uint64_t, uint8_t *) = {", program,
		       i);
		for (unsigned j = 0; j <= i; j++)
			printf("p%u_call%u, ", program, j);
		printf("};\n#undef p%u_table\n#define p%u_table p%u_table%u\n", program, program, program, i);
	}
	printf("static uint64_t p%u_body(", program);
	function();
	printf("static uint64_t p%u_handle(uint64_t y, uint8_t *arena)\n{\n\treturn p%u_body(y * 3, y, "
	       "arena);\n}\n",
	       program, program);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: generate FIRST COUNT\n");
		return 2;
	}
	unsigned first = (unsigned)strtoul(argv[1], NULL, 10), count = (unsigned)strtoul(argv[2], NULL, 10);
	printf("#include <stdarg.h>\n#include <stdint.h>\n#include <string.h>\n#include "
	       "\"program.h\"\n#define LIMIT %d\n",
	       LIMIT);
	printf("void *plain_memset(void *, int, size_t) __asm__(\"memset\");\n"
	       "void *plain_memcpy(void *, const void *, size_t) __asm__(\"memcpy\");\n"
	       "void *plain_memmove(void *, const void *, size_t) __asm__(\"memmove\");\n"
	       "char *plain_strncpy(char *, const char *, size_t) __asm__(\"strncpy\");\n"
	       "char *plain_strcpy(char *, const char *) __asm__(\"strcpy\");\n");
	for (unsigned i = 0; i < count; i++) {
		generate(first + i);
		printf("const struct test_program program_%u = {\"random-%u\", 3, 0, p%u_handle};\n",
		       first + i, first + i, first + i);
	}
	return 0;
}
