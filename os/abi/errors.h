/* Error numbers of Linux for x86_64, with the kernel's own names and the C library's texts.
 *
 * Replies carry them negated (djed_status). The numbers are macros of the same spelling as in the C library's
 * <errno.h>, so that host programs may include both. DJED_ERRORS(X) expands to X(name, text) for each. */
#ifndef DJED_ABI_ERRORS_H
#define DJED_ABI_ERRORS_H

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define ENOTBLK 15
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define ENOTTY 25
#define ETXTBSY 26
#define EFBIG 27
#define ENOSPC 28
#define ESPIPE 29
#define EROFS 30
#define EMLINK 31
#define EPIPE 32
#define EDOM 33
#define ERANGE 34
#define EDEADLK 35
#define ENAMETOOLONG 36
#define ENOLCK 37
#define ENOSYS 38
#define ENOTEMPTY 39
#define ELOOP 40
#define ENOMSG 42
#define EIDRM 43
#define ECHRNG 44
#define EL2NSYNC 45
#define EL3HLT 46
#define EL3RST 47
#define ELNRNG 48
#define EUNATCH 49
#define ENOCSI 50
#define EL2HLT 51
#define EBADE 52
#define EBADR 53
#define EXFULL 54
#define ENOANO 55
#define EBADRQC 56
#define EBADSLT 57
#define EBFONT 59
#define ENOSTR 60
#define ENODATA 61
#define ETIME 62
#define ENOSR 63
#define ENONET 64
#define ENOPKG 65
#define EREMOTE 66
#define ENOLINK 67
#define EADV 68
#define ESRMNT 69
#define ECOMM 70
#define EPROTO 71
#define EMULTIHOP 72
#define EDOTDOT 73
#define EBADMSG 74
#define EOVERFLOW 75
#define ENOTUNIQ 76
#define EBADFD 77
#define EREMCHG 78
#define ELIBACC 79
#define ELIBBAD 80
#define ELIBSCN 81
#define ELIBMAX 82
#define ELIBEXEC 83
#define EILSEQ 84
#define ERESTART 85
#define ESTRPIPE 86
#define EUSERS 87
#define ENOTSOCK 88
#define EDESTADDRREQ 89
#define EMSGSIZE 90
#define EPROTOTYPE 91
#define ENOPROTOOPT 92
#define EPROTONOSUPPORT 93
#define ESOCKTNOSUPPORT 94
#define EOPNOTSUPP 95
#define EPFNOSUPPORT 96
#define EAFNOSUPPORT 97
#define EADDRINUSE 98
#define EADDRNOTAVAIL 99
#define ENETDOWN 100
#define ENETUNREACH 101
#define ENETRESET 102
#define ECONNABORTED 103
#define ECONNRESET 104
#define ENOBUFS 105
#define EISCONN 106
#define ENOTCONN 107
#define ESHUTDOWN 108
#define ETOOMANYREFS 109
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTDOWN 112
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
#define ESTALE 116
#define EUCLEAN 117
#define ENOTNAM 118
#define ENAVAIL 119
#define EISNAM 120
#define EREMOTEIO 121
#define EDQUOT 122
#define ENOMEDIUM 123
#define EMEDIUMTYPE 124
#define ECANCELED 125
#define ENOKEY 126
#define EKEYEXPIRED 127
#define EKEYREVOKED 128
#define EKEYREJECTED 129
#define EOWNERDEAD 130
#define ENOTRECOVERABLE 131
#define ERFKILL 132
#define EHWPOISON 133
/* The same numbers under other names. */
#define EWOULDBLOCK EAGAIN
#define EDEADLOCK EDEADLK
#define ENOTSUP EOPNOTSUPP

#define DJED_ERRORS(X)                                                 \
	X(EPERM, "Operation not permitted")                            \
	X(ENOENT, "No such file or directory")                         \
	X(ESRCH, "No such process")                                    \
	X(EINTR, "Interrupted system call")                            \
	X(EIO, "Input/output error")                                   \
	X(ENXIO, "No such device or address")                          \
	X(E2BIG, "Argument list too long")                             \
	X(ENOEXEC, "Exec format error")                                \
	X(EBADF, "Bad file descriptor")                                \
	X(ECHILD, "No child processes")                                \
	X(EAGAIN, "Resource temporarily unavailable")                  \
	X(ENOMEM, "Cannot allocate memory")                            \
	X(EACCES, "Permission denied")                                 \
	X(EFAULT, "Bad address")                                       \
	X(ENOTBLK, "Block device required")                            \
	X(EBUSY, "Device or resource busy")                            \
	X(EEXIST, "File exists")                                       \
	X(EXDEV, "Invalid cross-device link")                          \
	X(ENODEV, "No such device")                                    \
	X(ENOTDIR, "Not a directory")                                  \
	X(EISDIR, "Is a directory")                                    \
	X(EINVAL, "Invalid argument")                                  \
	X(ENFILE, "Too many open files in system")                     \
	X(EMFILE, "Too many open files")                               \
	X(ENOTTY, "Inappropriate ioctl for device")                    \
	X(ETXTBSY, "Text file busy")                                   \
	X(EFBIG, "File too large")                                     \
	X(ENOSPC, "No space left on device")                           \
	X(ESPIPE, "Illegal seek")                                      \
	X(EROFS, "Read-only file system")                              \
	X(EMLINK, "Too many links")                                    \
	X(EPIPE, "Broken pipe")                                        \
	X(EDOM, "Numerical argument out of domain")                    \
	X(ERANGE, "Numerical result out of range")                     \
	X(EDEADLK, "Resource deadlock avoided")                        \
	X(ENAMETOOLONG, "File name too long")                          \
	X(ENOLCK, "No locks available")                                \
	X(ENOSYS, "Function not implemented")                          \
	X(ENOTEMPTY, "Directory not empty")                            \
	X(ELOOP, "Too many levels of symbolic links")                  \
	X(ENOMSG, "No message of desired type")                        \
	X(EIDRM, "Identifier removed")                                 \
	X(ECHRNG, "Channel number out of range")                       \
	X(EL2NSYNC, "Level 2 not synchronized")                        \
	X(EL3HLT, "Level 3 halted")                                    \
	X(EL3RST, "Level 3 reset")                                     \
	X(ELNRNG, "Link number out of range")                          \
	X(EUNATCH, "Protocol driver not attached")                     \
	X(ENOCSI, "No CSI structure available")                        \
	X(EL2HLT, "Level 2 halted")                                    \
	X(EBADE, "Invalid exchange")                                   \
	X(EBADR, "Invalid request descriptor")                         \
	X(EXFULL, "Exchange full")                                     \
	X(ENOANO, "No anode")                                          \
	X(EBADRQC, "Invalid request code")                             \
	X(EBADSLT, "Invalid slot")                                     \
	X(EBFONT, "Bad font file format")                              \
	X(ENOSTR, "Device not a stream")                               \
	X(ENODATA, "No data available")                                \
	X(ETIME, "Timer expired")                                      \
	X(ENOSR, "Out of streams resources")                           \
	X(ENONET, "Machine is not on the network")                     \
	X(ENOPKG, "Package not installed")                             \
	X(EREMOTE, "Object is remote")                                 \
	X(ENOLINK, "Link has been severed")                            \
	X(EADV, "Advertise error")                                     \
	X(ESRMNT, "Srmount error")                                     \
	X(ECOMM, "Communication error on send")                        \
	X(EPROTO, "Protocol error")                                    \
	X(EMULTIHOP, "Multihop attempted")                             \
	X(EDOTDOT, "RFS specific error")                               \
	X(EBADMSG, "Bad message")                                      \
	X(EOVERFLOW, "Value too large for defined data type")          \
	X(ENOTUNIQ, "Name not unique on network")                      \
	X(EBADFD, "File descriptor in bad state")                      \
	X(EREMCHG, "Remote address changed")                           \
	X(ELIBACC, "Can not access a needed shared library")           \
	X(ELIBBAD, "Accessing a corrupted shared library")             \
	X(ELIBSCN, ".lib section in a.out corrupted")                  \
	X(ELIBMAX, "Attempting to link in too many shared libraries")  \
	X(ELIBEXEC, "Cannot exec a shared library directly")           \
	X(EILSEQ, "Invalid or incomplete multibyte or wide character") \
	X(ERESTART, "Interrupted system call should be restarted")     \
	X(ESTRPIPE, "Streams pipe error")                              \
	X(EUSERS, "Too many users")                                    \
	X(ENOTSOCK, "Socket operation on non-socket")                  \
	X(EDESTADDRREQ, "Destination address required")                \
	X(EMSGSIZE, "Message too long")                                \
	X(EPROTOTYPE, "Protocol wrong type for socket")                \
	X(ENOPROTOOPT, "Protocol not available")                       \
	X(EPROTONOSUPPORT, "Protocol not supported")                   \
	X(ESOCKTNOSUPPORT, "Socket type not supported")                \
	X(EOPNOTSUPP, "Operation not supported")                       \
	X(EPFNOSUPPORT, "Protocol family not supported")               \
	X(EAFNOSUPPORT, "Address family not supported by protocol")    \
	X(EADDRINUSE, "Address already in use")                        \
	X(EADDRNOTAVAIL, "Cannot assign requested address")            \
	X(ENETDOWN, "Network is down")                                 \
	X(ENETUNREACH, "Network is unreachable")                       \
	X(ENETRESET, "Network dropped connection on reset")            \
	X(ECONNABORTED, "Software caused connection abort")            \
	X(ECONNRESET, "Connection reset by peer")                      \
	X(ENOBUFS, "No buffer space available")                        \
	X(EISCONN, "Transport endpoint is already connected")          \
	X(ENOTCONN, "Transport endpoint is not connected")             \
	X(ESHUTDOWN, "Cannot send after transport endpoint shutdown")  \
	X(ETOOMANYREFS, "Too many references: cannot splice")          \
	X(ETIMEDOUT, "Connection timed out")                           \
	X(ECONNREFUSED, "Connection refused")                          \
	X(EHOSTDOWN, "Host is down")                                   \
	X(EHOSTUNREACH, "No route to host")                            \
	X(EALREADY, "Operation already in progress")                   \
	X(EINPROGRESS, "Operation now in progress")                    \
	X(ESTALE, "Stale file handle")                                 \
	X(EUCLEAN, "Structure needs cleaning")                         \
	X(ENOTNAM, "Not a XENIX named type file")                      \
	X(ENAVAIL, "No XENIX semaphores available")                    \
	X(EISNAM, "Is a named type file")                              \
	X(EREMOTEIO, "Remote I/O error")                               \
	X(EDQUOT, "Disk quota exceeded")                               \
	X(ENOMEDIUM, "No medium found")                                \
	X(EMEDIUMTYPE, "Wrong medium type")                            \
	X(ECANCELED, "Operation canceled")                             \
	X(ENOKEY, "Required key not available")                        \
	X(EKEYEXPIRED, "Key has expired")                              \
	X(EKEYREVOKED, "Key has been revoked")                         \
	X(EKEYREJECTED, "Key was rejected by service")                 \
	X(EOWNERDEAD, "Owner died")                                    \
	X(ENOTRECOVERABLE, "State not recoverable")                    \
	X(ERFKILL, "Operation not possible due to RF-kill")            \
	X(EHWPOISON, "Memory page has hardware error")

#endif
