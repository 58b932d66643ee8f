/* What csmith's programs include: its wrappers around arithmetic that C leaves undefined, and a check sum,
 * written anew so that everything is in the program and nothing in a library. Each wrapper gives some defined
 * result. */
#ifndef DJED_TESTS_CSMITH_H
#define DJED_TESTS_CSMITH_H

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "program.h"

static uint64_t csmith_sum;

static inline void platform_main_begin(void)
{
	csmith_sum = 0;
}
static inline void crc32_gentab(void)
{
}
static inline void transparent_crc(uint64_t value, const char *name, int flag)
{
	(void)name, (void)flag;
	csmith_sum = (csmith_sum ^ value) * UINT64_C(0x100000001b3);
}
static inline void transparent_crc_bytes(const void *from, int length, const char *name, int flag)
{
	for (int i = 0; i < length; i++)
		transparent_crc(((const uint8_t *)from)[i], name, flag);
}
static inline void platform_main_end(uint64_t sum, int flag)
{
	(void)sum, (void)flag;
}
static const uint32_t crc32_context;

#define CSMITH_COMMON(T, U, N, S)                                       \
	static inline T safe_unary_minus_func_##N##_##S(T a)            \
	{                                                               \
		return (T)(0 - (U)a);                                   \
	}                                                               \
	static inline T safe_add_func_##N##_##S##_##S(T a, T b)         \
	{                                                               \
		return (T)((U)a + (U)b);                                \
	}                                                               \
	static inline T safe_sub_func_##N##_##S##_##S(T a, T b)         \
	{                                                               \
		return (T)((U)a - (U)b);                                \
	}                                                               \
	static inline T safe_mul_func_##N##_##S##_##S(T a, T b)         \
	{                                                               \
		return (T)((U)a * (U)b);                                \
	}                                                               \
	static inline T safe_lshift_func_##N##_##S##_s(T a, int b)      \
	{                                                               \
		return (T)((U)a << (b & (int)(sizeof(T) * 8 - 1)));     \
	}                                                               \
	static inline T safe_lshift_func_##N##_##S##_u(T a, unsigned b) \
	{                                                               \
		return (T)((U)a << (b & (sizeof(T) * 8 - 1)));          \
	}                                                               \
	static inline T safe_rshift_func_##N##_##S##_s(T a, int b)      \
	{                                                               \
		return (T)(a >> (b & (int)(sizeof(T) * 8 - 1)));        \
	}                                                               \
	static inline T safe_rshift_func_##N##_##S##_u(T a, unsigned b) \
	{                                                               \
		return (T)(a >> (b & (sizeof(T) * 8 - 1)));             \
	}
#define CSMITH_SIGNED(T, N)                                \
	CSMITH_COMMON(T, uint64_t, N, s)                   \
	static inline T safe_div_func_##N##_s_s(T a, T b)  \
	{                                                  \
		return b == 0 || b == -1 ? a : (T)(a / b); \
	}                                                  \
	static inline T safe_mod_func_##N##_s_s(T a, T b)  \
	{                                                  \
		return b == 0 || b == -1 ? a : (T)(a % b); \
	}
#define CSMITH_UNSIGNED(T, N)                             \
	CSMITH_COMMON(T, uint64_t, N, u)                  \
	static inline T safe_div_func_##N##_u_u(T a, T b) \
	{                                                 \
		return b == 0 ? a : (T)(a / b);           \
	}                                                 \
	static inline T safe_mod_func_##N##_u_u(T a, T b) \
	{                                                 \
		return b == 0 ? a : (T)(a % b);           \
	}
CSMITH_SIGNED(int8_t, int8_t)
CSMITH_SIGNED(int16_t, int16_t)
CSMITH_SIGNED(int32_t, int32_t)
CSMITH_SIGNED(int64_t, int64_t)
CSMITH_UNSIGNED(uint8_t, uint8_t)
CSMITH_UNSIGNED(uint16_t, uint16_t)
CSMITH_UNSIGNED(uint32_t, uint32_t)
CSMITH_UNSIGNED(uint64_t, uint64_t)

#define printf(...) ((void)0) /* of its indices, where a check sum is to be explained */

/* The program's main becomes the handler of one request. */
static int csmith_main(void);
#define main static csmith_main

#endif
