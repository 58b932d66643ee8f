/* Queues of endpoints, and what is delivered from them. */
#include "transaction_internal.h"

bool txn_may_deliver(const struct txn *t, unsigned service, unsigned root)
{
	const struct txn_service *s = &t->service[service];

	return s->state == DJED_SERVICE_RECEIVING && (s->log_owner == TXN_NONE || s->log_owner == root);
}

static void queue_append(struct txn *t, unsigned service, unsigned request)
{
	struct txn_list *queue = &t->service[service].queue;

	t->queue_link[request] = (struct txn_link){.next = TXN_NONE, .previous = queue->tail};
	if (queue->tail == TXN_NONE)
		queue->head = (uint16_t)request;
	else
		t->queue_link[queue->tail].next = (uint16_t)request;
	queue->tail = (uint16_t)request;
}

void txn_dequeue(struct txn *t, unsigned request)
{
	struct txn_list *queue = &t->service[t->request[request].endpoint].queue;
	struct txn_link link = t->queue_link[request];

	if (link.previous == TXN_NONE)
		queue->head = link.next;
	else
		t->queue_link[link.previous].next = link.next;
	if (link.next == TXN_NONE)
		queue->tail = link.previous;
	else
		t->queue_link[link.next].previous = link.previous;
}

static void deliver(struct txn *t, unsigned service, unsigned request, uint64_t bits)
{
	struct txn_service *s = &t->service[service];
	struct txn_request *q = &t->request[request];
	struct txn_request *root = &t->request[q->root];
	uint32_t flags = 0;

	if (root->transaction == 0) {
		root->transaction = ++t->serial;
		root->begun = txn_env_now();
	}
	if (s->log_owner == q->root)
		flags |= DJED_DELIVERY_LOG_KEPT;
	else
		s->log = DJED_LOG_EMPTY;
	if (q->resumed && q->kind == DJED_DELIVERY_REQUEST)
		flags |= DJED_DELIVERY_RESUMED;
	q->state = TXN_HELD;
	s->held = (uint16_t)request;
	s->state = DJED_SERVICE_WORKING;
	txn_env_deliver(t, service, request, q->kind, flags, bits);
}

static bool notified(const struct txn_service *s)
{
	return (s->bits | s->given_up) != 0;
}

void txn_dispatch(struct txn *t, unsigned service)
{
	struct txn_service *s = &t->service[service];

	if (s->state != DJED_SERVICE_RECEIVING || s->log_owner != TXN_NONE)
		return;

	unsigned own = service * TXN_PER_SERVICE + TXN_NOTIFICATION;
	struct txn_request *n = &t->request[own];

	/* While its last work is still being unwound elsewhere, new bits wait for the old ones to come back.
	 */
	if (notified(s) && n->state == TXN_IDLE) {
		n->kind = DJED_DELIVERY_NOTIFIED;
		n->root = n->tip = (uint16_t)own;
		n->endpoint = (uint8_t)service;
		n->message.word[0] = s->given_up ? s->given_up | DJED_NOTIFY_FAILED : s->bits;
		*(s->given_up ? &s->given_up : &s->bits) = 0;
		deliver(t, service, own, n->message.word[0]);
	} else if (s->queue.head != TXN_NONE) {
		unsigned request = s->queue.head;

		txn_dequeue(t, request);
		deliver(t, service, request, 0);
	}
}

void txn_dispatch_all(struct txn *t, uint32_t services)
{
	while (services != 0)
		txn_dispatch(t, txn_take(&services));
}

void txn_enqueue(struct txn *t, unsigned request, unsigned service)
{
	struct txn_service *s = &t->service[service];
	struct txn_request *q = &t->request[request];

	q->endpoint = (uint8_t)service;
	if (txn_may_deliver(t, service, q->root) &&
	    (s->log_owner == q->root || (s->queue.head == TXN_NONE && !notified(s)))) {
		deliver(t, service, request, 0);
		return;
	}
	q->state = TXN_QUEUED;
	queue_append(t, service, request);
	txn_dispatch(t, service);
}

void txn_send_root(struct txn *t, unsigned request, unsigned target, const struct djed_message *message)
{
	struct txn_request *q = &t->request[request];

	q->kind = DJED_DELIVERY_REQUEST;
	q->resumed = 0;
	q->root = q->tip = (uint16_t)request;
	q->message = *message;
	q->origin = message->label;
	txn_enqueue(t, request, target);
}
