/* What the transaction rules cause outside of themselves (txn_env_* of transaction.h). */
#include "application.h"
#include "lab.h"
#include "log.h"
#include "service.h"

_Static_assert(TXN_OBJECTS >= TXN_THREADS + SPACES_MAX, "threads are objects 0.., spaces those behind them");

static uint32_t sender_of(const struct txn *t, unsigned request)
{
	if (txn_thread_of(request) != TXN_NONE)
		return DJED_LABEL_PROTOCOL(t->request[request].origin) == DJED_PROTOCOL_EVENT
			   ? DJED_SENDER_KERNEL
			   : DJED_SENDER_APPLICATION;
	if (request % TXN_PER_SERVICE != TXN_CALL || service_table[txn_service_of(request)].event_call)
		return DJED_SENDER_KERNEL;
	return txn_service_of(request);
}

uint64_t txn_env_now(void)
{
	return clock_now();
}

void txn_env_deliver(struct txn *t, unsigned number, unsigned request, enum djed_delivery_kind kind,
		     uint32_t flags, uint64_t bits)
{
	struct service *service = &service_table[number];
	struct djed_delivery *in = &service->ipc->in;
	unsigned root = t->request[request].root, thread = txn_thread_of(root);
	bool back = kind == DJED_DELIVERY_ROLLBACK;
	bool confirms = back ? t->request[root].again : t->request[root].rounds != 0;

	in->kind = kind;
	in->flags = flags | (confirms ? DJED_DELIVERY_CONFIRMS : 0);
	in->attempt = t->request[root].attempt;
	in->sender = sender_of(t, request);
	in->transaction = t->request[root].transaction;
	in->request = txn_handle(t, request);
	in->badge = thread == TXN_NONE ? 0 : application_table[thread].badge;
	in->thread = thread == TXN_NONE ? 0 : application_handle(&application_table[thread]);
	in->bits = bits;
	/* All executions of a transaction see the same time, so that they can be compared; only those who
	 * measure recoveries have the clock itself. */
	in->begun = number == 0 || service->recoverer ? 0 : t->request[root].begun;
	in->message = t->request[request].message;
	if (!(flags & DJED_DELIVERY_LOG_KEPT) && kind != DJED_DELIVERY_ROLLBACK) {
		service_log_reset(service);
		/* Mostly it is the same client as before. */
		if (service->regions && service->served != in->badge)
			regions_serve(service, in->badge);
	}
	lab()->service[number].requests++;
	service_begins(service);
	thread_ready(&service->thread);
}

void txn_env_return(struct txn *t, unsigned number, const struct djed_message *answer)
{
	struct service *service = &service_table[number];

	(void)t;
	if (service->event_call) {
		service->event_call = false;
		arch_call_status(&service->thread.arch, answer->status);
	} else {
		service->ipc->answer = *answer;
	}
	thread_ready(&service->thread);
}

void txn_env_answer(struct txn *t, unsigned thread, const struct djed_message *answer,
		    enum txn_outcome outcome)
{
	(void)t;
	application_answered(&application_table[thread], answer, outcome);
}

void txn_env_unwind(struct txn *t, unsigned number)
{
	struct service *service = &service_table[number];
	unsigned root = t->service[number].log_owner;

	/* Nobody compares what a crash has cut short. */
	service->ipc->in.flags &= ~(uint32_t)DJED_DELIVERY_CONFIRMS;
	if (root != TXN_NONE && t->request[root].again)
		service->ipc->in.flags |= DJED_DELIVERY_CONFIRMS;
	service->event_call = false;
	arch_thread_start(&service->thread.arch, service->recover_entry, service->recover_stack,
			  DJED_START_INFO);
	service_begins(service);
	thread_ready(&service->thread);
}

void txn_env_restart(struct txn *t, unsigned number)
{
	struct service *service = &service_table[number];

	(void)t;
	service->event_call = false;
	service_start(service, service->entry);
	thread_ready(&service->thread);
}

void txn_env_dead(struct txn *t, unsigned number)
{
	(void)t;
	kernel_log("%s is dead", service_table[number].name);
	lab()->service[number].alive = 0;
	service_table[number].deadline = 0;
	thread_block(&service_table[number].thread);
}

void txn_env_object_commit(struct txn *t, unsigned object, bool created, uint32_t effects)
{
	(void)t;
	(void)created;
	if (object < TXN_THREADS)
		application_commit(&application_table[object], effects);
	else if (effects)
		space_destroy(space_numbered(object - TXN_THREADS));
}

void txn_env_object_drop(struct txn *t, unsigned object, uint32_t effects)
{
	(void)t;
	(void)object;
	(void)effects; /* their data is overwritten by the next one */
}

void txn_env_object_undo(struct txn *t, unsigned object)
{
	(void)t;
	/* Nobody knows of it any more, so the next one may have its handle: then two executions are the same.
	 */
	if (object < TXN_THREADS) {
		application_destroy(&application_table[object]);
		application_table[object].generation--;
	} else {
		space_destroy(space_numbered(object - TXN_THREADS));
		space_numbered(object - TXN_THREADS)->generation--;
	}
}
