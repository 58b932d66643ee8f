#include "qmp.h"

#include "text.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS_KEPT = 16, EVENT_NAME_MAX = 32, REPLY_SECONDS = 30 };

struct machine_input {
	int socket;
	struct text pending;			 /* bytes of lines not yet complete */
	char event[EVENTS_KEPT][EVENT_NAME_MAX]; /* oldest first */
	unsigned events;
};

/* Next complete JSON object: 1, 0 at the time limit, -1 when QEMU is gone. */
static int next_object(struct machine_input *in, double deadline, json_t **object)
{
	for (;;) {
		char *end = in->pending.length ? memchr(in->pending.bytes, '\n', in->pending.length) : NULL;
		if (end) {
			size_t length = (size_t)(end - in->pending.bytes) + 1;
			*object = json_loadb(in->pending.bytes, length, 0, NULL);
			memmove(in->pending.bytes, end + 1, in->pending.length - length);
			in->pending.length -= length;
			if (*object)
				return 1;
			continue;
		}
		double left = deadline - seconds_now();
		struct pollfd wait = {in->socket, POLLIN, 0};
		int ready = poll(&wait, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return 0;
		char bytes[4096];
		ssize_t n = read(in->socket, bytes, sizeof bytes);
		if (n <= 0)
			return -1;
		text_add(&in->pending, bytes, (size_t)n);
	}
}

static void keep_event(struct machine_input *in, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "event"));
	if (!name || strlen(name) >= EVENT_NAME_MAX)
		return;
	if (in->events == EVENTS_KEPT) {
		memmove(in->event[0], in->event[1], sizeof in->event[0] * (EVENTS_KEPT - 1));
		in->events--;
	}
	strcpy(in->event[in->events++], name);
}

static bool send_line(struct machine_input *in, const char *line)
{
	size_t left = strlen(line);
	while (left) {
		ssize_t n = write(in->socket, line, left);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			line += n, left -= (size_t)n;
	}
	return true;
}

/* The reply of a command, or NULL. The caller drops the reference. */
static json_t *execute(struct machine_input *in, const char *command, json_t *arguments)
{
	json_t *request = json_pack("{s:s}", "execute", command);
	if (arguments)
		json_object_set_new(request, "arguments", arguments);
	char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	char *line = format_string("%s\n", text);
	free(text);
	bool sent = send_line(in, line);
	free(line);
	double deadline = seconds_now() + REPLY_SECONDS;
	json_t *object;
	while (sent && next_object(in, deadline, &object) == 1) {
		if (json_object_get(object, "return") || json_object_get(object, "error"))
			return object;
		keep_event(in, object);
		json_decref(object);
	}
	return NULL;
}

struct machine_input *qmp_open(int socket)
{
	struct machine_input *in = calloc(1, sizeof *in);
	if (!in)
		die("out of memory");
	in->socket = socket;
	json_t *greeting;
	if (next_object(in, seconds_now() + 10, &greeting) == 1) {
		bool right = json_object_get(greeting, "QMP");
		json_decref(greeting);
		if (right && qmp_command(in, "qmp_capabilities", NULL))
			return in;
	}
	text_free(&in->pending);
	free(in);
	return NULL;
}

bool qmp_command(struct machine_input *in, const char *command, const char *arguments_json)
{
	json_t *arguments = arguments_json ? json_loads(arguments_json, 0, NULL) : NULL;
	json_t *reply = execute(in, command, arguments);
	if (!reply)
		return false;
	const json_t *error = json_object_get(reply, "error");
	if (error)
		warn("QEMU refuses %s: %s", command, json_string_value(json_object_get(error, "desc")));
	json_decref(reply);
	return !error;
}

bool qmp_monitor_command(struct machine_input *in, const char *line, const char *expected)
{
	json_t *reply = execute(in, "human-monitor-command", json_pack("{s:s}", "command-line", line));
	if (!reply)
		return false;
	const char *text = json_string_value(json_object_get(reply, "return"));
	bool good = text && (!*text || (*expected && strncmp(text, expected, strlen(expected)) == 0));
	if (!good)
		warn("QEMU refuses %s: %s", line, text ? text : "error");
	json_decref(reply);
	return good;
}

char *qmp_monitor_text(struct machine_input *in, const char *line)
{
	json_t *reply = execute(in, "human-monitor-command", json_pack("{s:s}", "command-line", line));
	const char *text = reply ? json_string_value(json_object_get(reply, "return")) : NULL;
	char *copy = text ? format_string("%s", text) : NULL;
	json_decref(reply);
	return copy;
}

enum qmp_wait qmp_wait_event(struct machine_input *in, const char *name, double seconds)
{
	double deadline = seconds_now() + seconds;
	for (;;) {
		for (unsigned i = 0; i < in->events; i++) {
			if (strcmp(in->event[i], name))
				continue;
			/* Older events of other kinds are of no interest any more. */
			memmove(in->event[0], in->event[i + 1], sizeof in->event[0] * (in->events - i - 1));
			in->events -= i + 1;
			return QMP_EVENT;
		}
		json_t *object;
		switch (next_object(in, deadline, &object)) {
		case 1:
			keep_event(in, object);
			json_decref(object);
			break;
		case 0:
			return QMP_TIMEOUT;
		default:
			return QMP_GONE;
		}
	}
}
