/* The names of Linux's error numbers. There is no variable `errno`: functions return 0 or a negated number.
 */
#ifndef DJED_LIB_ERRNO_H
#define DJED_LIB_ERRNO_H

#include "../../abi/errors.h"

#endif
