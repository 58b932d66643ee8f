/* Copies from and to the memory of the application whose request is held, for servers above mm: where a page
 * is not there, mm is asked for it (`calls mm` in the manifest) and the copy goes on. `address` and `length`
 * may be anything. They make nested calls, so they may only be used while a request of an application is
 * held. */
#ifndef DJED_LIB_CLIENT_H
#define DJED_LIB_CLIENT_H

#include <djed/server.h>

/* All `length` bytes, or -EFAULT (some may have been copied). */
[[nodiscard]] djed_status client_read(void *to, uint64_t address, uint64_t length);
[[nodiscard]] djed_status client_write(uint64_t address, const void *from, uint64_t length);

/* client_write of what may take the place of an argument: of as many bytes that the request has read at
 * `argument` before. What is overwritten comes back when the request's transaction is rolled back, so that
 * the next attempt reads the argument, not the result; but not of more than CLIENT_ARGUMENT_MAX bytes. */
enum { CLIENT_ARGUMENT_MAX = 128, CLIENT_ARGUMENTS = 4 /* overwritten in one transaction, at most */ };
[[nodiscard]] djed_status client_replace(uint64_t address, const void *from, uint64_t length,
					 uint64_t argument);

/* A NUL-terminated string of at most size - 1 bytes. Returns its length (NUL not counted), -EFAULT, or
 * -ENAMETOOLONG if no NUL is among the first `size` bytes. */
[[nodiscard]] djed_status client_string(char *to, uint64_t address, uint64_t size);

/* As many bytes as can be had, in order; 0 where not even the first one is there. */
[[nodiscard]] uint64_t client_read_some(void *to, uint64_t address, uint64_t length);
[[nodiscard]] uint64_t client_write_some(uint64_t address, const void *from, uint64_t length);

/* Asks mm to make a range present (DJED_ACCESS_READ, DJED_ACCESS_WRITE), before or after a copy by somebody
 * further down came back short. 0 or -EFAULT. */
[[nodiscard]] djed_status client_populate(uint64_t address, uint64_t length, uint32_t access);

#endif
