/* Bytes of objects: what the messages read, write and truncate do. */
#ifndef STORE_DATA_H
#define STORE_DATA_H

#include "object.h"

/* Copies bytes from `offset` on to the lender. Returns their number: fewer than the buffer's length at the
 * object's end, or where the lender's memory is not there. */
uint32_t data_read(const struct object *object, uint64_t offset, struct djed_buffer to);

/* Copies from the lender. *count: fewer than the buffer's length where the lender's memory is not there,
 * space ran out, or the largest size is reached. -EFBIG, -ENOSPC: not even one byte fitted. */
djed_status data_write(struct object *object, uint64_t offset, struct djed_buffer from, uint32_t *count);

/* -EFBIG. What is new reads as zeros and takes no space. */
djed_status data_truncate(struct object *object, uint64_t size);

#endif
