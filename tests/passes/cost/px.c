/* A process table: ready queues, switches that save and load registers, sleep and wake-up, parents and
 * children. */
#include <stdint.h>

enum { PROCESSES = 128, PRIORITIES = 8, REGISTERS = 18 };
enum state { FREE, READY, SLEEPING };

struct process {
	struct process *next, *previous;
	enum state state;
	uint32_t priority, ticks, parent, children;
	uint64_t wake_at;
	uint64_t reg[REGISTERS];
};
static struct process table[PROCESSES], *first[PRIORITIES], *last[PRIORITIES];
static uint64_t cpu[REGISTERS], now, switches;
static uint32_t current, next_free = 1;

static void enqueue(struct process *p)
{
	uint32_t q = p->priority;
	p->state = READY;
	p->next = 0;
	p->previous = last[q];
	if (last[q])
		last[q]->next = p;
	else
		first[q] = p;
	last[q] = p;
}

static void dequeue(struct process *p)
{
	uint32_t q = p->priority;
	if (p->previous)
		p->previous->next = p->next;
	else
		first[q] = p->next;
	if (p->next)
		p->next->previous = p->previous;
	else
		last[q] = p->previous;
}

static void switch_to(struct process *to)
{
	struct process *from = &table[current];
	for (unsigned i = 0; i < REGISTERS; i++)
		from->reg[i] = cpu[i];
	for (unsigned i = 0; i < REGISTERS; i++)
		cpu[i] = to->reg[i];
	current = (uint32_t)(to - table);
	switches++;
}

static uint64_t schedule(void)
{
	for (unsigned q = 0; q < PRIORITIES; q++) {
		struct process *p = first[q];
		if (!p)
			continue;
		dequeue(p);
		p->ticks++;
		if (p->ticks % 16 == 0)
			p->priority = (p->priority + 1) % PRIORITIES;
		enqueue(p);
		if (p != &table[current])
			switch_to(p);
		return q;
	}
	return 99;
}

uint64_t request(uint64_t argument)
{
	struct process *p = &table[argument % PROCESSES];

	now++;
	switch (argument >> 61) {
	case 0:
		if (p->state == FREE) {
			p->parent = current;
			p->priority = (uint32_t)(argument >> 8) % PRIORITIES;
			table[current].children++;
			for (unsigned i = 0; i < REGISTERS; i++)
				p->reg[i] = argument + i;
			enqueue(p);
		}
		return next_free;
	case 1:
		if (p->state == READY) {
			dequeue(p);
			p->state = SLEEPING;
			p->wake_at = now + 20;
		}
		return 1;
	case 2:
		if (p->state == SLEEPING && p->wake_at < now)
			enqueue(p);
		return 2;
	case 3:
		if (p->state == READY && p != &table[current]) {
			dequeue(p);
			table[p->parent].children--;
			p->state = FREE;
		}
		return 3;
	default:
		return schedule();
	}
}
