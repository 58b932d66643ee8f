/* The scripts of the servers, and what is explored. */
#include "model.h"

enum {
	H_REPORT,
	H_LEAF,	    /* write, reply */
	H_LEAF_TWO, /* write elsewhere, reply */
	H_LEAF_THREE,
	H_READ,	    /* reply without a trace in the log */
	H_MM_CHAIN, /* write, call store */
	H_CHAIN,    /* write, call mm, which calls store */
	H_DIAMOND,  /* store directly, and again through mm */
	H_STORE_MM, /* store, then mm: with the next, the two halves of a cycle of waiting */
	H_MM_STORE,
	H_MM_CONSOLE, /* with H_STORE_MM and the next, a cycle of three */
	H_CONSOLE_STORE,
	H_READER,	/* of a pipe: waits until there is something */
	H_WRITER,	/* wakes the reader */
	H_READ_LINE,	/* parked until the notified server answers */
	H_TO_READ_LINE, /* forwards there */
	H_TO_DIAMOND,	/* forwards, after a notification */
	H_LINE_CAME,	/* answers the parked one */
	H_NOTIFY,	/* nested: writes and notifies */
	H_CALL_NOTIFY,
	H_NOTIFIED, /* writes here and in uart */
	H_IRQ,	    /* notified: notifies */
	H_FORK,	    /* an object made and started, mm told */
	H_FORK_TWO,
	H_LOSES, /* loses its log, goes on */
	H_CALL_LOSES,
	H_AUDIT,	     /* the recoverer calls a server that calls another */
	H_CALL_RS,	     /* the recoverer is a participant */
	H_MM_NESTED_FORWARD, /* a nested request is forwarded */
	H_CALL_FORWARD,
	H_CONSOLE_MM_FORWARD, /* with the next, the forward closes a cycle */
	H_FORWARD,
	H_STORE_CONSOLE,
	H_START, /* calls before it first receives */
	H_STORE_ONLY,
	H_BOUND_FORWARD,  /* must not forward: mm takes part */
	H_LOGGED_FORWARD, /* must not forward: its log is not empty */
	H_READER_TWO,
	H_WRITER_TWO,
	H_READ_CHAIN, /* servers that only read, between those that write */
};

const struct op handlers[][HANDLER_OPS] = {
    [H_REPORT] = {{OP_RECOVER, 0, 0}, {OP_REPLY, 0, 0}},
    [H_LEAF] = {{OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_LEAF_TWO] = {{OP_WRITE, 1, 0}, {OP_REPLY, 0, 0}},
    [H_LEAF_THREE] = {{OP_WRITE, 2, 0}, {OP_REPLY, 0, 0}},
    [H_READ] = {{OP_REPLY, 0, 0}},
    [H_MM_CHAIN] = {{OP_WRITE, 0, 0}, {OP_CALL, STORE, H_LEAF}, {OP_WRITE, 1, 0}, {OP_REPLY, 0, 0}},
    [H_CHAIN] = {{OP_WRITE, 0, 0}, {OP_CALL, MM, H_MM_CHAIN}, {OP_WRITE, 1, 0}, {OP_REPLY, 0, 0}},
    [H_DIAMOND] = {{OP_CALL, STORE, H_LEAF_TWO},
		   {OP_CALL, MM, H_MM_CHAIN},
		   {OP_CALL, STORE, H_LEAF_THREE},
		   {OP_WRITE, 0, 0},
		   {OP_REPLY, 0, 0}},
    [H_STORE_MM] = {{OP_CALL, STORE, H_LEAF}, {OP_CALL, MM, H_LEAF}, {OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_MM_STORE] = {{OP_CALL, MM, H_LEAF}, {OP_CALL, STORE, H_LEAF}, {OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_MM_CONSOLE] = {{OP_CALL, MM, H_LEAF}, {OP_CALL, CONSOLE, H_LEAF}, {OP_REPLY, 0, 0}},
    [H_CONSOLE_STORE] = {{OP_CALL, CONSOLE, H_LEAF}, {OP_CALL, STORE, H_LEAF}, {OP_REPLY, 0, 0}},
    /* word 4: bytes in the pipe, word 5: the parked reader */
    [H_READER] = {{OP_IF_CANCEL, 0, 9},
		  {OP_UNLESS, 4, 6},
		  {OP_ADD, 4, -1},
		  {OP_WRITE, 0, 0},
		  {OP_CALL, STORE, H_LEAF},
		  {OP_REPLY, 0, 0},
		  {OP_ENLIST, 5, 0},
		  {OP_PARK, 0, 0},
		  {OP_PARK, 0, 0},
		  {OP_CLEAR, 5, 0},
		  {OP_WRITE, 1, 0},
		  {OP_REPLY, EINTR, 0}},
    [H_WRITER] = {{OP_WRITE, 0, 0},
		  {OP_ADD, 4, 1},
		  {OP_UNLESS, 5, 5},
		  {OP_WAKE, 5, 0},
		  {OP_CLEAR, 5, 0},
		  {OP_CALL, STORE, H_LEAF},
		  {OP_REPLY, 0, 0}},
    [H_READ_LINE] =
	{{OP_IF_CANCEL, 0, 3}, {OP_ENLIST, 5, 0}, {OP_PARK, 0, 0}, {OP_CLEAR, 5, 0}, {OP_REPLY, EINTR, 0}},
    [H_TO_READ_LINE] = {{OP_FORWARD, CONSOLE, H_READ_LINE}},
    [H_TO_DIAMOND] = {{OP_NOTIFY, CONSOLE, 1}, {OP_CALL, MM, H_READ}, {OP_FORWARD, VFS, H_DIAMOND}},
    [H_LINE_CAME] = {{OP_WRITE, 0, 0},
		     {OP_UNLESS, 5, 4},
		     {OP_ANSWER, 5, 0},
		     {OP_CLEAR, 5, 0},
		     {OP_CALL, STORE, H_LEAF},
		     {OP_FINISH, 0, 0}},
    [H_NOTIFY] = {{OP_NOTIFY, CONSOLE, 1}, {OP_REPLY, 0, 0}},
    [H_CALL_NOTIFY] = {{OP_CALL, MM, H_NOTIFY},
		       {OP_NOTIFY, CONSOLE, 2},
		       {OP_CALL, STORE, H_LEAF},
		       {OP_REPLY, 0, 0}},
    [H_NOTIFIED] = {{OP_WRITE, 0, 0}, {OP_CALL, UART, H_LEAF}, {OP_FINISH, 0, 0}},
    [H_IRQ] = {{OP_WRITE, 0, 0}, {OP_NOTIFY, CONSOLE, 1}, {OP_FINISH, 0, 0}},
    [H_FORK] =
	{{OP_CREATE, 0, 0}, {OP_CALL, MM, H_MM_CHAIN}, {OP_CREATE, 2, 0}, {OP_DEFER, 0, 0}, {OP_REPLY, 0, 0}},
    [H_FORK_TWO] = {{OP_CALL, MM, H_LEAF},
		    {OP_CREATE, 1, 0},
		    {OP_DEFER, 1, 0},
		    {OP_DEFER, OLD_OBJECT, 0},
		    {OP_WRITE, 0, 0},
		    {OP_REPLY, 0, 0}},
    [H_LOSES] = {{OP_WRITE, 0, 0}, {OP_LOSE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_CALL_LOSES] = {{OP_CALL, MM, H_LOSES}, {OP_CALL, STORE, H_LEAF}, {OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_AUDIT] = {{OP_WRITE, 0, 0}, {OP_CALL, VFS, H_CHAIN}, {OP_FINISH, 0, 0}},
    [H_CALL_RS] = {{OP_CALL, RS, H_LEAF}, {OP_CALL, STORE, H_LEAF}, {OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_MM_NESTED_FORWARD] = {{OP_CALL, CONSOLE, H_LEAF}, {OP_FORWARD, STORE, H_LEAF}},
    [H_CALL_FORWARD] = {{OP_CALL, MM, H_MM_NESTED_FORWARD}, {OP_WRITE, 0, 0}, {OP_REPLY, 0, 0}},
    [H_CONSOLE_MM_FORWARD] = {{OP_CALL, CONSOLE, H_LEAF}, {OP_CALL, MM, H_FORWARD}, {OP_REPLY, 0, 0}},
    [H_FORWARD] = {{OP_FORWARD, STORE, H_LEAF}},
    [H_STORE_CONSOLE] = {{OP_CALL, STORE, H_LEAF}, {OP_CALL, CONSOLE, H_LEAF}, {OP_REPLY, 0, 0}},
    [H_START] = {{OP_ADD, 4, 1}, {OP_NOTIFY, CONSOLE, 1}, {OP_CALL, STORE, H_LEAF}, {OP_READY, 0, 0}},
    [H_BOUND_FORWARD] = {{OP_CALL, MM, H_LEAF},
			 {OP_TRY_FORWARD, VFS, H_STORE_ONLY},
			 {OP_CALL, VFS, H_STORE_ONLY},
			 {OP_REPLY, 0, 0}},
    [H_LOGGED_FORWARD] = {{OP_WRITE, 0, 0},
			  {OP_TRY_FORWARD, VFS, H_STORE_ONLY},
			  {OP_CALL, VFS, H_STORE_ONLY},
			  {OP_REPLY, 0, 0}},
    [H_STORE_ONLY] = {{OP_WRITE, 0, 0}, {OP_CALL, STORE, H_LEAF}, {OP_REPLY, 0, 0}},
    /* a second reader with a place of its own, and a writer that wakes both */
    [H_READER_TWO] = {{OP_IF_CANCEL, 0, 7},
		      {OP_UNLESS, 4, 5},
		      {OP_ADD, 4, -1},
		      {OP_WRITE, 0, 0},
		      {OP_REPLY, 0, 0},
		      {OP_ENLIST, 6, 0},
		      {OP_PARK, 0, 0},
		      {OP_CLEAR, 6, 0},
		      {OP_REPLY, EINTR, 0}},
    [H_WRITER_TWO] = {{OP_WRITE, 0, 0},
		      {OP_ADD, 4, 1},
		      {OP_UNLESS, 5, 5},
		      {OP_WAKE, 5, 0},
		      {OP_CLEAR, 5, 0},
		      {OP_UNLESS, 6, 8},
		      {OP_WAKE, 6, 0},
		      {OP_CLEAR, 6, 0},
		      {OP_CALL, STORE, H_LEAF},
		      {OP_REPLY, 0, 0}},
    [H_READ_CHAIN] = {{OP_CALL, STORE, H_READ},
		      {OP_CALL, MM, H_LEAF},
		      {OP_CALL, STORE, H_READ},
		      {OP_REPLY, 0, 0}},
};

#define ONE(server, handler)            \
	{                               \
		{                       \
			server, handler \
		}                       \
	}
#define TWO(server, handler, server_two, handler_two) \
	{                                             \
		{server, handler},                    \
		{                                     \
			server_two, handler_two       \
		}                                     \
	}

const struct scenario scenarios[] = {
    {.name = "chain", .request = {ONE(VFS, H_CHAIN), ONE(PM, H_CHAIN)}, .crashes = 2},
    {.name = "diamond", .request = {ONE(VFS, H_DIAMOND), ONE(PM, H_DIAMOND)}, .crashes = 1},
    {.name = "readers", .request = {ONE(VFS, H_READ_CHAIN), ONE(PM, H_CHAIN)}, .crashes = 2},
    {.name = "cycle", .request = {ONE(VFS, H_STORE_MM), ONE(PM, H_MM_STORE)}, .crashes = 2},
    {.name = "cycle-three",
     .request = {ONE(VFS, H_STORE_MM), ONE(PM, H_MM_CONSOLE), ONE(UART, H_CONSOLE_STORE)},
     .crashes = 1},
    {.name = "pipe", .request = {ONE(VFS, H_READER), ONE(VFS, H_WRITER)}, .crashes = 2, .parks = 1},
    {.name = "pipe-signals",
     .request = {ONE(VFS, H_READER), ONE(VFS, H_WRITER)},
     .crashes = 1,
     .cancels = 1,
     .kills = 1,
     .parks = 1},
    {.name = "pipe-two",
     .request = {TWO(VFS, H_READER, VFS, H_READER), TWO(VFS, H_WRITER, VFS, H_WRITER)},
     .crashes = 1,
     .parks = 1},
    {.name = "console",
     .request = {ONE(PM, H_TO_READ_LINE), ONE(VFS, H_DIAMOND)},
     .notified = {[CONSOLE] = H_LINE_CAME, [UART] = H_IRQ},
     .interrupted = UART,
     .interrupts = 1,
     .crashes = 1,
     .cancels = 1,
     .parks = 1},
    {.name = "console-killed",
     .request = {ONE(PM, H_TO_READ_LINE)},
     .notified = {[CONSOLE] = H_LINE_CAME, [UART] = H_IRQ},
     .interrupted = UART,
     .interrupts = 1,
     .crashes = 2,
     .kills = 1,
     .parks = 1},
    {.name = "notify",
     .request = {ONE(VFS, H_CALL_NOTIFY), ONE(PM, H_CALL_NOTIFY)},
     .notified = {[CONSOLE] = H_NOTIFIED},
     .crashes = 1},
    {.name = "forward",
     .request = {ONE(PM, H_TO_DIAMOND), ONE(PM, H_TO_DIAMOND)},
     .notified = {[CONSOLE] = H_NOTIFIED},
     .crashes = 1},
    {.name = "nested-forward", .request = {ONE(VFS, H_CALL_FORWARD), ONE(PM, H_STORE_MM)}, .crashes = 2},
    {.name = "forward-cycle",
     .request = {ONE(PM, H_CONSOLE_MM_FORWARD), ONE(UART, H_STORE_CONSOLE)},
     .crashes = 2},
    {.name = "start-up",
     .request = {ONE(VFS, H_CHAIN)},
     .notified = {[CONSOLE] = H_NOTIFIED},
     .start = {[MM] = H_START},
     .crashes = 2},
    {.name = "none-cycle",
     .request = {ONE(VFS, H_STORE_MM), ONE(PM, H_MM_STORE)},
     .policy = DJED_POLICY_NONE,
     .crashes = 2},
    {.name = "forward-refused",
     .request = {ONE(PM, H_BOUND_FORWARD), ONE(PM, H_LOGGED_FORWARD)},
     .crashes = 1},
    {.name = "objects", .request = {ONE(PM, H_FORK), ONE(PM, H_FORK_TWO)}, .crashes = 2},
    {.name = "killed", .request = {ONE(PM, H_FORK), ONE(VFS, H_CHAIN)}, .crashes = 1, .kills = 2},
    {.name = "rs-crashes", .request = {ONE(VFS, H_CHAIN)}, .crashes = 3, .crash_rs = 1},
    {.name = "rs-calls",
     .request = {ONE(VFS, H_DIAMOND)},
     .notified = {[RS] = H_AUDIT},
     .interrupted = RS,
     .interrupts = 2,
     .crashes = 2,
     .crash_rs = 1},
    {.name = "rs-takes-part",
     .request = {ONE(VFS, H_CALL_RS), ONE(PM, H_CHAIN)},
     .crashes = 2,
     .crash_rs = 1},
    {.name = "lost-log", .request = {ONE(VFS, H_CALL_LOSES), ONE(PM, H_STORE_MM)}, .crashes = 1},
    {.name = "osiris",
     .request = {ONE(VFS, H_CHAIN), ONE(PM, H_TO_READ_LINE)},
     .notified = {[CONSOLE] = H_LINE_CAME},
     .interrupted = CONSOLE,
     .interrupts = 1,
     .policy = DJED_POLICY_OSIRIS,
     .crashes = 2,
     .parks = 1},
    {.name = "restart",
     .request = {ONE(VFS, H_READER), ONE(VFS, H_WRITER)},
     .policy = DJED_POLICY_RESTART,
     .crashes = 2,
     .parks = 1},
    {.name = "none",
     .request = {ONE(VFS, H_READER), ONE(VFS, H_WRITER), ONE(PM, H_FORK)},
     .policy = DJED_POLICY_NONE,
     .crashes = 1,
     .parks = 1},
    {.name = "deep-pipe",
     .request = {TWO(VFS, H_READER, VFS, H_READER), TWO(VFS, H_READER_TWO, PM, H_CHAIN),
		 TWO(VFS, H_WRITER_TWO, VFS, H_WRITER_TWO)},
     .crashes = 1,
     .cancels = 1,
     .kills = 1,
     .parks = 1,
     .deep = 1},
    {.name = "deep-console",
     .request = {ONE(PM, H_TO_READ_LINE), ONE(VFS, H_CALL_NOTIFY), ONE(PM, H_FORK)},
     .notified = {[CONSOLE] = H_LINE_CAME, [UART] = H_IRQ},
     .interrupted = UART,
     .interrupts = 1,
     .crashes = 2,
     .cancels = 1,
     .parks = 1,
     .deep = 1},
    {.name = "deep-three",
     .request = {ONE(VFS, H_DIAMOND), ONE(PM, H_MM_STORE), ONE(PM, H_CHAIN)},
     .crashes = 1,
     .deep = 1},
    {.name = "deep-cycle",
     .request = {ONE(VFS, H_STORE_MM), ONE(PM, H_MM_CONSOLE), ONE(UART, H_CONSOLE_STORE)},
     .crashes = 2,
     .deep = 1},
};
const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
