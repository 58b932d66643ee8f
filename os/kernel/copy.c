#include "copy.h"
#include "application.h"
#include "memory.h"
#include "operations.h"

static struct lent_pair lent_with[TXN_REQUESTS]; /* beside struct txn_request */

/* Where the memory of an application has been read for its request, from the first byte to the last: what is
 * overwritten there cannot be read again, so the request cannot be repeated to confirm its answer. */
static struct {
	uint64_t start, end;
} read_for[TXN_THREADS];

/* The byte at `offset` of a view, in the kernel's map of memory; NULL: not there, or not writable. */
static uint8_t *reach(struct view view, uint64_t offset, bool write)
{
	uint64_t address = view.base + offset;

	if (view.tables)
		address = arch_translate(view.tables, address, write);
	return address ? arch_memory(address) : NULL;
}

static uint64_t to_page_end(const void *p)
{
	return DJED_PAGE_SIZE - ((uintptr_t)p & (DJED_PAGE_SIZE - 1));
}

uint64_t copy_between(struct view to, struct view from, uint64_t length, bool until_nul)
{
	uint64_t done = 0;

	while (done < length) {
		const uint8_t *source = reach(from, done, false);
		uint8_t *target = reach(to, done, true);
		uint64_t chunk = length - done;

		if (!source || !target)
			break;
		if (chunk > to_page_end(source))
			chunk = to_page_end(source);
		if (chunk > to_page_end(target))
			chunk = to_page_end(target);
		if (!until_nul) {
			__builtin_memcpy(target, source, chunk);
			done += chunk;
			continue;
		}
		for (uint64_t i = 0; i < chunk; i++) {
			done++;
			target[i] = source[i];
			if (!source[i])
				return done;
		}
	}
	return done;
}

djed_status copy_from_service(const struct service *service, void *to, uint64_t address, uint64_t length)
{
	struct view view = {service->thread.tables, address};

	for (uint64_t done = 0; done < length;) {
		const uint8_t *source = reach(view, done, false);
		uint64_t chunk = length - done;

		if (!source)
			return -EFAULT;
		if (chunk > to_page_end(source))
			chunk = to_page_end(source);
		__builtin_memcpy((uint8_t *)to + done, source, chunk);
		done += chunk;
	}
	return 0;
}

djed_status copy_to_service(const struct service *service, uint64_t address, const void *from,
			    uint64_t length)
{
	struct view view = {service->thread.tables, address};

	for (uint64_t done = 0; done < length; done += to_page_end((void *)(address + done)))
		if (!reach(view, done, true))
			return -EFAULT;
	/* commit */
	for (uint64_t done = 0; done < length;) {
		uint8_t *target = reach(view, done, true);
		uint64_t chunk = length - done;

		if (chunk > to_page_end(target))
			chunk = to_page_end(target);
		__builtin_memcpy(target, (const uint8_t *)from + done, chunk);
		done += chunk;
	}
	return 0;
}

/* Every page that a stopped service has may be written: it does not run, and rs renews its text too. */
static uint8_t *reach_stopped(const struct service *service, uint64_t address, uint64_t left, uint64_t *chunk)
{
	uint8_t *target = reach((struct view){service->thread.tables, address}, 0, false);

	if (target)
		*chunk = left < to_page_end(target) ? left : to_page_end(target);
	return target;
}

djed_status copy_into_stopped(const struct service *service, uint64_t address, struct view from,
			      uint64_t length)
{
	for (uint64_t done = 0, chunk; done < length; done += chunk) {
		uint8_t *target = reach_stopped(service, address + done, length - done, &chunk);
		struct view source = {from.tables, from.base + done};

		if (!target || copy_between((struct view){0, (uint64_t)target - ARCH_PHYSICAL_MAP}, source,
					    chunk, false) != chunk)
			return -EFAULT;
	}
	return 0;
}

djed_status zero_stopped(const struct service *service, uint64_t address, uint64_t length)
{
	for (uint64_t done = 0, chunk; done < length; done += chunk) {
		uint8_t *target = reach_stopped(service, address + done, length - done, &chunk);

		if (!target)
			return -EFAULT;
		__builtin_memset(target, 0, chunk);
	}
	return 0;
}

/* ---- memory lent with requests --------------------------------------------------------------- */

/* The application of the transaction that the service works for, if the request it holds came straight from
 * it (so that its whole memory is open to the holder); else TXN_NONE. To a service that undoes its part it is
 * open, too: what took the place of an argument can be put back. */
static unsigned direct_client(const struct service *service)
{
	const struct txn_service *s = &rules.service[service_number(service)];

	return txn_thread_of(s->state == DJED_SERVICE_UNDOING ? s->log_owner : s->held);
}

/* The same for any request of its transaction. */
static unsigned client(const struct service *service)
{
	return txn_thread_of(txn_working_for(&rules, service_number(service)));
}

static djed_status lend_passed(const struct service *sender, const struct djed_grant *grant,
			       struct lent *result)
{
	unsigned held = txn_held(&rules, service_number(sender));
	const struct lent *from;

	if (held == TXN_NONE || grant->index >= DJED_GRANTS_MAX)
		return -EINVAL;
	from = &lent_with[held].grant[grant->index];
	if (!from->kind || grant->base > from->length || grant->length > from->length - grant->base)
		return -EINVAL;
	if (grant->rights & ~from->rights)
		return -EPERM;
	*result =
	    (struct lent){from->kind, grant->rights, from->owner, grant->length, from->base + grant->base};
	return 0;
}

static djed_status lend_one(const struct service *sender, const struct djed_grant *grant, struct lent *result)
{
	unsigned thread;

	*result = (struct lent){.kind = DJED_GRANT_NONE};
	if (grant->kind == DJED_GRANT_NONE)
		return 0;
	if (grant->rights & ~(DJED_GRANT_READ | DJED_GRANT_WRITE))
		return -EINVAL;
	switch (grant->kind) {
	case DJED_GRANT_OWN:
		*result = (struct lent){DJED_GRANT_OWN, grant->rights, (uint16_t)service_number(sender),
					grant->length, grant->base};
		return 0;
	case DJED_GRANT_CLIENT:
		thread = client(sender);
		if (thread == TXN_NONE)
			return -EINVAL;
		if (direct_client(sender) == TXN_NONE)
			return -EPERM;
		*result = (struct lent){DJED_GRANT_CLIENT, grant->rights, (uint16_t)thread, grant->length,
					grant->base};
		return 0;
	case DJED_GRANT_PASS:
		return lend_passed(sender, grant, result);
	case DJED_GRANT_FRAME: /* `index` is the offset of the range in the frame */
		if (!service_holds(sender, DJED_CAP_FRAMES))
			return -EPERM;
		if (!pool_has(grant->base) || grant->index > DJED_PAGE_SIZE ||
		    grant->length > (uint32_t)DJED_PAGE_SIZE - grant->index)
			return -EINVAL;
		*result = (struct lent){DJED_GRANT_FRAME, grant->rights, 0, grant->length,
					grant->base * DJED_PAGE_SIZE + grant->index};
		return 0;
	default:
		return -EINVAL;
	}
}

void lend_commit(unsigned request, const struct lent_pair *lent)
{
	if (lent->grant[0].kind | lent->grant[1].kind)
		lent_with[request] = *lent;
	else
		lent_with[request].grant[0].kind = lent_with[request].grant[1].kind = DJED_GRANT_NONE;
}

djed_status lend(const struct service *sender, const struct djed_message *message, struct lent_pair *result)
{
	djed_status status = 0;

	_Static_assert(DJED_GRANTS_MAX == 2, "the short way below");
	if (!(message->grant[0].kind | message->grant[1].kind)) {
		result->grant[0].kind = result->grant[1].kind = DJED_GRANT_NONE;
		return 0;
	}
	for (unsigned i = 0; !status && i < DJED_GRANTS_MAX; i++)
		status = lend_one(sender, &message->grant[i], &result->grant[i]);
	return status;
}

/* The memory of an application thread; false: it has none any more. */
static bool thread_view(unsigned thread, uint64_t base, struct view *view)
{
	const struct space *space = application_table[thread].space;

	if (!space)
		return false;
	*view = (struct view){space->tables, base};
	return true;
}

/* What `source` (0, 1: a grant; 2: the application) of the held request shows from `offset`; cuts *length to
 * it. A lender that is no more shows nothing: length 0. -EINVAL: no such source. -EPERM: not with this right.
 */
static djed_status lent_view(const struct service *service, uint64_t source, uint64_t offset, uint8_t right,
			     uint64_t *length, struct view *view)
{
	unsigned held = txn_held(&rules, service_number(service));
	const struct lent *lent;

	if (source == DJED_GRANTS_MAX) {
		unsigned thread = direct_client(service);
		if (thread == TXN_NONE)
			return -EPERM;
		if (!thread_view(thread, offset, view))
			*length = 0;
		return 0;
	}
	if (held == TXN_NONE || source > DJED_GRANTS_MAX)
		return -EINVAL;
	lent = &lent_with[held].grant[source];
	if (!lent->kind)
		return -EINVAL;
	if (!(lent->rights & right))
		return -EPERM;
	if (offset > lent->length)
		offset = lent->length;
	if (*length > lent->length - offset)
		*length = lent->length - offset;
	if (lent->kind == DJED_GRANT_FRAME)
		*view = (struct view){0, lent->base + offset};
	else if (lent->kind == DJED_GRANT_OWN)
		*view = (struct view){service_table[lent->owner].thread.tables, lent->base + offset};
	else if (!thread_view(lent->owner, lent->base + offset, view))
		*length = 0;
	return 0;
}

void copy_begin(unsigned thread)
{
	read_for[thread].start = ~0ull;
	read_for[thread].end = 0;
}

/* Whether the bytes are there already. */
static bool holds_same(struct view a, struct view b, uint64_t length)
{
	for (uint64_t done = 0, chunk; done < length; done += chunk) {
		const uint8_t *left = reach(a, done, false), *right = reach(b, done, false);

		chunk = length - done;
		if (!left || !right)
			return true; /* not copied either */
		if (chunk > to_page_end(left))
			chunk = to_page_end(left);
		if (chunk > to_page_end(right))
			chunk = to_page_end(right);
		if (__builtin_memcmp(left, right, chunk) != 0)
			return false;
	}
	return true;
}

/* The thread of the application that the service works for, if this is memory of that and answers are
 * confirmed. */
static unsigned confirmed_client(const struct service *service, struct view view)
{
	unsigned thread = rules.confirm ? client(service) : TXN_NONE;

	return thread != TXN_NONE && view.tables && application_table[thread].space &&
		       application_table[thread].space->tables == view.tables
		   ? thread
		   : TXN_NONE;
}

/* copy_in(source, offset, buffer, length, until_nul) -> copied */
djed_status operation_copy_in(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view own = {caller->thread.tables, in[2]}, lender = {0, 0};
	uint64_t length = in[3];
	unsigned thread;
	djed_status status =
	    in[4] > 1 ? -EINVAL : lent_view(caller, in[0], in[1], DJED_GRANT_READ, &length, &lender);

	if (status)
		return status;
	out[0] = length ? copy_between(own, lender, length, in[4]) : 0;
	thread = confirmed_client(caller, lender);
	if (thread != TXN_NONE && lender.base < read_for[thread].start)
		read_for[thread].start = lender.base;
	if (thread != TXN_NONE && lender.base + out[0] > read_for[thread].end)
		read_for[thread].end = lender.base + out[0];
	return 0;
}

/* copy_out(target, offset, buffer, length, replaces) -> copied */
djed_status operation_copy_out(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view own = {caller->thread.tables, in[2]}, lender = {0, 0};
	uint64_t length = in[3];
	unsigned thread;
	bool same = true;
	djed_status status = lent_view(caller, in[0], in[1], DJED_GRANT_WRITE, &length, &lender);

	if (status)
		return status;
	thread = confirmed_client(caller, lender);
	if (thread != TXN_NONE && !in[4]) {
		if (lender.base < read_for[thread].end && read_for[thread].start < lender.base + length)
			txn_once(&rules, service_number(caller));
		same = !txn_confirms(&rules, service_number(caller)) || holds_same(lender, own, length);
	}
	out[0] = length ? copy_between(lender, own, length, false) : 0;
	if (thread != TXN_NONE &&
	    out[0] < length) /* mm makes a page for the rest: what was there before is not known */
		txn_differs(&rules, service_number(caller), TXN_CANNOT_COMPARE);
	else if (!same)
		txn_differs(&rules, service_number(caller), TXN_DIFFERS);
	return 0;
}
