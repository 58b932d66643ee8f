/* What can happen next, and the clients. */
#include "model.h"

#include <string.h>

const struct scenario *scenario;
struct world *world;

static bool runnable(unsigned service)
{
	uint8_t state = world->t.service[service].state;

	return state == DJED_SERVICE_WORKING || state == DJED_SERVICE_UNDOING;
}

unsigned world_choices(struct choice *choices)
{
	unsigned n = 0;

	if (world->shutdown)
		return 0;
	for (uint8_t i = 0; i < SERVERS; i++) {
		const struct server *s = &world->server[i];

		if (!runnable(i))
			continue;

		bool decides =
		    (i == RS || i == ROOT) && s->activity == ACT_HANDLER && current(s).code == OP_RECOVER;

		for (uint8_t v = 0; v <= decides; v++)
			choices[n++] = (struct choice){DO_STEP, i, v};
		if (world->crashes == 0 || i == ROOT || (i == RS && !scenario->crash_rs) ||
		    s->activity == ACT_START)
			continue;
		for (uint8_t p = 0; p < crash_points(s) && n < CHOICES; p++)
			choices[n++] = (struct choice){DO_CRASH, i, p};
	}
	for (uint8_t i = 0; i < CLIENTS; i++) {
		const struct client *c = &world->client[i];

		if (c->waiting && world->cancels)
			choices[n++] = (struct choice){DO_CANCEL, i, 0};
		if (c->waiting && world->kills && !c->killed)
			choices[n++] = (struct choice){DO_KILL, i, 0};
		if (!c->waiting && !c->killed && c->next < REQUESTS_EACH &&
		    scenario->request[i][c->next].handler != 0)
			choices[n++] = (struct choice){DO_ISSUE, i, 0};
	}
	if (world->interrupts)
		choices[n++] = (struct choice){DO_INTERRUPT, scenario->interrupted, 0};
	return n;
}

static void issue(unsigned client)
{
	struct client *c = &world->client[client];
	struct kind kind = scenario->request[client][c->next];
	struct djed_message m = {.label = kind.handler, .word = {tag_of(client, c->next)}};

	c->next++;
	c->waiting = 1;
	if (txn_request(&world->t, client, kind.server, &m) != 0) {
		c->waiting = 0; /* the server is dead */
		c->answers++;
		c->failures++;
	}
}

static void kill_client(unsigned client)
{
	struct client *c = &world->client[client];

	world->kills--;
	c->killed = 1;
	if (txn_thread_gone(&world->t, client) && c->waiting) {
		c->waiting = 0;
		c->answers++;
		c->failures++;
		forget(tag_of(client, c->next - 1u));
	}
}

void world_apply(struct choice choice)
{
	switch (choice.kind) {
	case DO_ISSUE:
		issue(choice.who);
		break;
	case DO_STEP:
		run(choice.who, -1, choice.variant);
		break;
	case DO_CRASH:
		world->crashes--;
		run(choice.who, choice.variant, 0);
		break;
	case DO_CANCEL:
		world->cancels--;
		txn_cancel(&world->t, choice.who);
		break;
	case DO_KILL:
		kill_client(choice.who);
		break;
	case DO_INTERRUPT:
		world->interrupts--;
		world->released[choice.who] |= 1;
		txn_interrupt(&world->t, choice.who, 1);
		break;
	}
}

void world_init(void)
{
	memset(world, 0, sizeof(*world));
	txn_init(&world->t);
	world->t.confirm = scenario->confirm;
	world->crashes = scenario->crashes;
	world->cancels = scenario->cancels;
	world->kills = scenario->kills;
	world->interrupts = scenario->interrupts;
	world->object[OLD_OBJECT] = 2;
	world->expected_object[OLD_OBJECT] = 1;
	for (unsigned i = 0; i < SERVERS; i++) {
		struct djed_message nothing = {0};

		if (txn_service_open(&world->t, i, i == RS) != 0)
			violation("a service cannot be opened");
		world->server[i].handler = scenario->start[i];
		world->server[i].tag = TAG_START;
		if (scenario->start[i] == 0 &&
		    txn_receive(&world->t, i, DJED_NEXT_NONE, DJED_LOG_EMPTY, 0, &nothing) != 0)
			violation("a service cannot start");
	}
}
