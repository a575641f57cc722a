// SPDX-License-Identifier: GPL-2.0
/* softtap check A B: what a frame would meet at two ports. */
#include <stdio.h>
#include <string.h>

#include "commands/check_ports.h"
#include "host/findings.h"
#include "host/link.h"
#include "host/names.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/status.h"

#define TEXT_COLUMN	12	/* where what belongs to a finding begins */

/* Of those that are left when @up has taken care of its own, or of all of them. */
static enum finding_weight worst(const struct findings *findings, bool up)
{
	enum finding_weight most = FINDING_NOTE;
	size_t i;

	for (i = 0; i < findings->n; i++)
		if (!(up && findings->list[i].up) && findings->list[i].weight > most)
			most = findings->list[i].weight;
	return most;
}

static bool is_listed(const struct findings *findings, size_t upto, const char *topic, bool up)
{
	size_t i;

	for (i = 0; i < upto; i++) {
		const struct finding *finding = &findings->list[i];

		if (!strcmp(finding->topic, topic) && finding->weight == FINDING_BUT &&
		    !(up && finding->up))
			return true;
	}
	return false;
}

/* "queues, MTU": each once. */
static void list_topics(char *text, size_t size, const struct findings *findings, bool up)
{
	size_t i, used = 0;

	*text = '\0';
	for (i = 0; i < findings->n && used < size; i++) {
		const struct finding *finding = &findings->list[i];

		if (finding->weight == FINDING_BUT && !(up && finding->up) &&
		    !is_listed(findings, i, finding->topic, up))
			used += snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 finding->topic);
	}
}

static void verdict(char text[FINDING_TEXT], const struct findings *findings, bool up)
{
	char topics[FINDING_TEXT - 32];

	switch (worst(findings, up)) {
	case FINDING_NOTE:
		snprintf(text, FINDING_TEXT, "transparent");
		break;
	case FINDING_BUT:
		list_topics(topics, sizeof(topics), findings, up);
		snprintf(text, FINDING_TEXT, "transparent but for: %s", topics);
		break;
	case FINDING_FAULT:
		snprintf(text, FINDING_TEXT, "not transparent");
		break;
	}
}

/* --- Text ------------------------------------------------------------------------------------- */

static const char *const weights[] = {
	[FINDING_NOTE] = "note",
	[FINDING_BUT] = "but",
	[FINDING_FAULT] = "fault",
};

static void print_finding(const struct finding *finding)
{
	printf("%-6s %s: %s\n", weights[finding->weight], msg_printable(finding->ifname),
	       finding->found);
	printf("%*s%s\n", TEXT_COLUMN, "", finding->effect);
	if (finding->up)
		printf("%*ssofttap up takes care of it (%s)\n", TEXT_COLUMN, "", finding->remedy);
	else if (*finding->remedy)
		printf("%*s%s\n", TEXT_COLUMN, "", finding->remedy);
}

static void print_text(const struct findings *findings)
{
	char text[FINDING_TEXT];
	size_t i;

	for (i = 0; i < findings->n; i++)
		print_finding(&findings->list[i]);
	verdict(text, findings, false);
	printf("As they are, the ports are %s.\n", text);
	verdict(text, findings, true);
	if (worst(findings, false))
		printf("With softtap up they are %s.\n", text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static struct json_object *finding_json(const struct finding *finding)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "port", msg_printable(finding->ifname));
	json_add_text(object, "topic", finding->topic);
	json_add_text(object, "weight", weights[finding->weight]);
	json_add_text(object, "found", finding->found);
	json_add_text(object, "effect", finding->effect);
	json_add_flag(object, "up_takes_care", finding->up);
	json_add_text(object, "remedy", *finding->remedy ? finding->remedy : NULL);
	return object;
}

static void print_json(const struct findings *findings)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	char text[FINDING_TEXT];
	size_t i;

	json_add_number(object, "schema", JSON_SCHEMA);
	for (i = 0; i < findings->n; i++)
		json_object_array_add(list, finding_json(&findings->list[i]));
	json_add(object, "findings", list);
	verdict(text, findings, false);
	json_add_text(object, "verdict", text);
	verdict(text, findings, true);
	json_add_text(object, "verdict_with_up", text);
	json_print(object);
}

/**
 * check_ports - tell what a frame would meet at two ports
 * @a: name of one
 * @b: name of the other
 * @json: as JSON
 *
 * Nothing is changed.
 *
 * Return: an exit status: %EXIT_OK for ports that are transparent as they are
 */
int check_ports(const char *a, const char *b, bool json)
{
	static const int statuses[] = {
		[FINDING_NOTE] = EXIT_OK,
		[FINDING_BUT] = EXIT_NEARLY,
		[FINDING_FAULT] = EXIT_NOT_TRANSPARENT,
	};
	struct findings findings = { };
	struct link links[2];
	int status = EXIT_FAILED;

	a = port_name(&links[0], a);
	b = port_name(&links[1], b);
	if (!findings_of_port(&findings, a) && !findings_of_port(&findings, b)) {
		findings_of_pair(&findings, a, b);
		(json ? print_json : print_text)(&findings);
		status = statuses[worst(&findings, false)];
	}
	findings_free(&findings);
	return status;
}
