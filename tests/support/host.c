/* Servers, deliveries and what becomes of them. */
#include "host.h"

#include <abi/detect.h>
#include <errno.h>
#include <sys/mman.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/port/linux.h"
#include "host_kernel.h"

enum { REQUESTS_MAX = 16384 };

struct service {
	char name[DJED_NAME_MAX];
	const struct djed_server *server; /* NULL: a fake */
	host_fake *fake;
	struct djed_runtime runtime; /* while another service runs */
	uint64_t deadline;
	uint64_t *log, *log_top;
	uint32_t window;
	djed_transaction log_owner;
	uint32_t log_state;
	bool busy;
	/* Its clients' regions, if they are to be protected, and those that can be written. */
	char *regions;
	uint64_t region_size;
	uint32_t region_count, opened;
	uint16_t open[DJED_REGIONS_MAX];
};

struct parked {
	bool used;
	djed_slot service;
	struct host_request request;
};

static struct service services[DJED_SERVICES_MAX];
static unsigned count;
static int running = -1; /* index of the service whose state is in the runtime's variables */
static struct parked parked[REQUESTS_MAX];
static djed_transaction last_transaction;

/* What the last transaction of the test changed here: host_rollback puts it back. */
static struct {
	djed_handle handles;
	struct parked *entry; /* NULL: none */
	struct parked before;
} undo;

static uint64_t badge;
static uint32_t attempt;
static struct host_options options;

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "host: %s: %s\n", name, what);
	abort();
}

void host_start(const struct host_options *given)
{
	static const char *const types[] = {"spaces",	"frames", "threads", "schedule",
					    "recovery", "halt",	  "ports",   "irq"};

	options = *given;
	options.heap = options.heap ? options.heap : 16 << 20;
	options.log = options.log ? options.log : 16 << 20;
	options.pool_frames = options.pool_frames ? options.pool_frames : 1024;
	djed_port_start = (struct djed_start_info){.policy = options.policy,
						   .detect = DJED_DETECT_ALL & ~options.detect_off,
						   .heap_size = options.heap,
						   .log_size = options.log,
						   .archive_size = options.archive_size,
						   .pool_first = HOST_POOL_FIRST,
						   .pool_count = options.pool_frames};
	if (options.command_line)
		snprintf(djed_port_start.command_line, sizeof(djed_port_start.command_line), "%s",
			 options.command_line);
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct djed_capability_name *capability =
		    &djed_port_start.capability[djed_port_start.capabilities++];

		snprintf(capability->name, sizeof(capability->name), "%s", types[i]);
		capability->slot = DJED_SERVICES_MAX + i;
	}
	host_kernel_start(options.pool_frames);
	if (djed_port_map())
		fail("cannot map the server's memory", "start");
	host_be(1, 1);
}

static struct service *find(const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	fail("there is no such service", name);
	return NULL;
}

djed_slot host_slot(const char *name)
{
	return (djed_slot)(find(name) - services);
}

static struct service *add(const char *name)
{
	struct service *service = &services[count];
	struct djed_capability_name *capability = &djed_port_start.capability[djed_port_start.capabilities];

	if (djed_port_start.capabilities == DJED_CAPABILITIES_MAX)
		fail("too many services", name);
	djed_port_start.capabilities++;
	snprintf(service->name, sizeof(service->name), "%s", name);
	snprintf(capability->name, sizeof(capability->name), "%s", name);
	capability->type = DJED_CAP_ENDPOINT;
	capability->slot = count++;
	return service;
}

void host_add_fake(const char *name, host_fake *fake)
{
	add(name)->fake = fake;
}

/* Puts the state of service `to` (or -1) into the runtime's variables. */
static int switch_to(int to)
{
	int from = running;

	if (from >= 0) {
		struct service *old = &services[from];

		old->runtime = djed_runtime;
		old->deadline = djed_deadline;
		old->log_top = djed_log_top;
		old->window = djed_window_open;
	}
	djed_window_open = 0;
	running = to;
	if (to >= 0) {
		struct service *new = &services[to];

		djed_runtime = new->runtime;
		djed_deadline = new->deadline;
		djed_undo_attach(new->log);
		djed_log_top = new->log_top;
		djed_window_open = new->window;
		djed_port_server = new->server;
		snprintf(djed_port_start.name, sizeof(djed_port_start.name), "%s", new->name);
		djed_port_start.service = (uint32_t)to;
	}
	return from;
}

void host_add_server(const char *name, const struct djed_server *server)
{
	struct service *service = add(name);
	djed_status status;
	int before;

	service->server = server;
	service->log = service->log_top = djed_port_log_memory(options.log);
	before = switch_to((int)(service - services));
	status = djed_runtime_start();
	djed_undo_attach(service->log);
	if (status) {
		fprintf(stderr, "host: init of %s failed: %d\n", name, (int)status);
		abort();
	}
	switch_to(before);
}

void host_be(uint32_t pid, uint32_t tid)
{
	badge = (uint64_t)pid << 32 | tid;
}

/* ---- regions ------------------------------------------------------------------------------------------- */

void host_protect_regions(const char *name, void *regions, uint32_t regions_count, uint64_t size)
{
	struct service *service = find(name);

	service->regions = regions;
	service->region_count = regions_count;
	service->region_size = size;
}

static void protect(const struct service *service, uint32_t first, uint32_t regions_count, int access)
{
	if (mprotect(service->regions + first * service->region_size, regions_count * service->region_size,
		     access))
		fail("cannot protect its regions", service->name);
}

static void open_region(struct service *service, uint32_t index)
{
	for (uint32_t i = 0; i < service->opened; i++)
		if (service->open[i] == index)
			return;
	service->open[service->opened++] = (uint16_t)index;
	protect(service, index, 1, PROT_READ | PROT_WRITE);
}

djed_status host_open_region(uint64_t index)
{
	if (running < 0 || !services[running].regions)
		return 0;
	if (index >= services[running].region_count)
		return -EINVAL;
	open_region(&services[running], (uint32_t)index);
	return 0;
}

/* It works: for the application with that badge, or goes on with what it has opened. */
static void close_regions(struct service *service, uint64_t client, bool same)
{
	if (!service->regions)
		return;
	protect(service, 0, service->region_count, PROT_READ);
	for (uint32_t i = 0; same && i < service->opened; i++)
		protect(service, service->open[i], 1, PROT_READ | PROT_WRITE);
	if (same)
		return;
	service->opened = 0;
	if (client)
		open_region(service, djed_region_of((uint32_t)(client >> 32), service->region_count));
}

/* Nobody is served: all belongs to the test. */
static void free_regions(const struct service *service)
{
	if (service->regions)
		protect(service, 0, service->region_count, PROT_READ | PROT_WRITE);
}

/* Delivers `request` to a service; `kind` and `flags` as in struct djed_delivery. The runtime's page is left
 * as it was. */
static struct host_outcome deliver(djed_slot slot, struct host_request *request, uint32_t kind,
				   uint32_t flags)
{
	struct service *service = &services[slot];
	struct djed_ipc page = djed_ipc;
	struct host_request *held = host_held;
	struct host_outcome outcome = {.request = request->handle};
	int before;

	if (slot >= count)
		fail("no such slot", "delivery");
	if (service->busy)
		fail("called while it is working: a cycle in the calls", service->name);
	djed_ipc.in = (struct djed_delivery){.kind = kind,
					     .flags = flags,
					     .attempt = attempt,
					     .sender = request->sender,
					     .transaction = request->transaction,
					     .request = request->handle,
					     .badge = request->badge,
					     .thread = request->badge,
					     .bits = request->bits,
					     .message = request->message};
	host_held = request;
	service->busy = true;
	if (service->fake) {
		struct djed_message answer = {0};
		struct djed_delivery delivery = djed_ipc.in;

		service->fake(&delivery, &answer);
		outcome.next = DJED_NEXT_REPLY;
		outcome.status = answer.status;
		memcpy(outcome.word, answer.word, sizeof(outcome.word));
	} else {
		if (service->log_owner == request->transaction && service->log_state != DJED_LOG_EMPTY)
			djed_ipc.in.flags |= DJED_DELIVERY_LOG_KEPT;
		before = switch_to((int)slot);
		close_regions(service, request->badge, djed_ipc.in.flags & DJED_DELIVERY_LOG_KEPT);
		djed_runtime_step();
		free_regions(service);
		outcome.log = service->log_state = djed_runtime_log_state();
		service->log_owner = request->transaction;
		outcome.next = djed_runtime.next;
		outcome.target = djed_runtime.target;
		outcome.status = djed_ipc.out.status;
		outcome.message = djed_ipc.out;
		if (djed_runtime.next == DJED_NEXT_REPLY)
			memcpy(outcome.word, djed_ipc.out.word, djed_runtime.words * sizeof(uint64_t));
		switch_to(before);
	}
	service->busy = false;
	host_held = held;
	djed_ipc = page;
	return outcome;
}

static struct host_outcome settle(djed_slot slot, struct host_request *request, struct host_outcome outcome)
{
	struct parked *entry = &parked[request->handle % REQUESTS_MAX];

	if (outcome.next != DJED_NEXT_PARK && outcome.next != DJED_NEXT_FORWARD &&
	    entry->request.handle != request->handle)
		return outcome; /* the place is that of an older request */
	undo.entry = entry;
	undo.before = *entry;
	entry->used = outcome.next == DJED_NEXT_PARK || outcome.next == DJED_NEXT_FORWARD;
	entry->service = slot;
	entry->request = *request;
	return outcome;
}

static djed_transaction begin_transaction(void)
{
	undo.handles = host_handles;
	undo.entry = NULL;
	return ++last_transaction;
}

/* A nested or top-level call through a client stub. */
djed_status host_call(djed_slot slot, const struct djed_message *message, struct djed_message *answer)
{
	struct host_request request = {.message = *message, .badge = badge, .transaction = last_transaction};
	struct host_outcome outcome;

	if (slot >= count)
		return -EPERM;
	request.sender = running >= 0 ? (uint32_t)running : DJED_SENDER_APPLICATION;
	if (host_held) {
		request.badge = host_held->badge;
		request.transaction = host_held->transaction;
	} else {
		request.transaction = begin_transaction();
	}
	request.handle = ++host_handles;
	if (!host_resolve_grants(&request, host_held))
		return -EINVAL;
	outcome = deliver(slot, &request, DJED_DELIVERY_REQUEST, 0);
	for (int hops = 0; outcome.next == DJED_NEXT_FORWARD && hops < DJED_SERVICES_MAX; hops++) {
		request.message = outcome.message;
		if (!host_resolve_grants(&request, &request))
			return -EINVAL;
		outcome = deliver(outcome.target, &request, DJED_DELIVERY_REQUEST, 0);
	}
	if (outcome.next == DJED_NEXT_PARK)
		fail("a call was parked: rule 6", services[slot].name);
	*answer = (struct djed_message){.status = (int32_t)outcome.status};
	memcpy(answer->word, outcome.word, sizeof(answer->word));
	return 0;
}

struct host_outcome host_request(const char *name, const struct djed_message *message)
{
	struct host_request request = {
	    .message = *message, .badge = badge, .sender = DJED_SENDER_APPLICATION};
	djed_slot slot = host_slot(name);

	request.transaction = begin_transaction();
	request.handle = ++host_handles;
	if (!host_resolve_grants(&request, NULL))
		fail("a grant of the message is not valid", name);
	struct host_outcome outcome = deliver(slot, &request, DJED_DELIVERY_REQUEST, 0);
	return settle(slot, &request, outcome);
}

struct host_outcome host_linux_call(const char *name, uint32_t number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, uint64_t f)
{
	struct djed_message message = {.label = DJED_LABEL(DJED_PROTOCOL_LINUX, number),
				       .word = {a, b, c, d, e, f}};

	return host_request(name, &message);
}

static struct parked *find_parked(djed_handle handle)
{
	struct parked *entry = &parked[handle % REQUESTS_MAX];

	if (!entry->used || entry->request.handle != handle)
		fail("is neither parked nor forwarded", "request");
	return entry;
}

struct host_outcome host_follow(struct host_outcome forwarded)
{
	struct host_request request = find_parked(forwarded.request)->request;

	request.message = forwarded.message;
	if (!host_resolve_grants(&request, &request))
		fail("a grant of the forwarded message is not valid", "forward");
	return settle(forwarded.target, &request,
		      deliver(forwarded.target, &request, DJED_DELIVERY_REQUEST, 0));
}

static struct host_outcome again(djed_handle handle, uint32_t kind)
{
	struct parked *entry = find_parked(handle);
	struct host_request request = entry->request;
	djed_slot slot = entry->service;

	request.transaction = begin_transaction();
	return settle(slot, &request, deliver(slot, &request, kind, DJED_DELIVERY_RESUMED));
}

struct host_outcome host_wake(djed_handle handle)
{
	return again(handle, DJED_DELIVERY_REQUEST);
}

struct host_outcome host_cancel(djed_handle handle)
{
	return again(handle, DJED_DELIVERY_CANCEL);
}

void host_attempt(uint32_t number)
{
	attempt = number;
}

uint32_t host_notify(const char *name, uint64_t bits)
{
	struct host_request request = {
	    .bits = bits, .sender = DJED_SENDER_KERNEL, .transaction = begin_transaction()};

	return deliver(host_slot(name), &request, DJED_DELIVERY_NOTIFIED, 0).log;
}

struct djed_audit host_audit(const char *name)
{
	struct djed_audit audit = {0};
	int before = switch_to((int)host_slot(name));

	if (djed_port_server->audit)
		djed_port_server->audit(&audit);
	switch_to(before);
	return audit;
}

uint64_t host_deadline(const char *name)
{
	return find(name)->deadline;
}

djed_slot host_running(void)
{
	return running >= 0 ? (djed_slot)running : DJED_SENDER_APPLICATION;
}

bool host_rollback(void)
{
	bool sound = true;

	host_handles = undo.handles;
	if (undo.entry)
		*undo.entry = undo.before;
	undo.entry = NULL;
	for (unsigned i = 0; i < count; i++) {
		if (!services[i].server || services[i].log_owner != last_transaction)
			continue;
		int before = switch_to((int)i);
		sound &= djed_undo_rollback();
		switch_to(before);
	}
	return sound;
}
