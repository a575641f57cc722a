// SPDX-License-Identifier: GPL-2.0
/*
 * softtap verify: whether a capture is whole, in order, and adds up with what it says itself and
 * with the tap's counters; and what is missing in it, and when.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/commands.h"
#include "tap/counters.h"
#include "pcapng/read.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/status.h"
#include "lib/util.h"

#define TIME_TEXT	40		/* bytes, a time as text */
#define FINDINGS	24		/* more than there are laws for all ports */
#define BUFFER		1048576		/* bytes read at a time */

/**
 * struct options - the command line
 * @path: the file, or "-"
 * @tap: whose counters are meant
 * @before: `softtap stat -j' from before the capture, or NULL
 * @after: the same from after it, or NULL
 * @json: JSON, not text
 * @gaps: tell each gap
 * @fail_on_loss: missing frames are a failure
 */
struct options {
	const char *path;
	const char *tap;
	const char *before;
	const char *after;
	bool json;
	bool gaps;
	bool fail_on_loss;
};

/**
 * struct findings - what is wrong
 * @count: how much
 * @text: a line for each
 */
struct findings {
	unsigned int count;
	char text[FINDINGS][256];
};

/* --- The laws -------------------------------------------------------------------------------- */

static void find(struct findings *findings, const char *fmt, ...) __printf(2, 3);

static void find(struct findings *findings, const char *fmt, ...)
{
	va_list ap;

	if (findings->count == FINDINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(findings->text[findings->count++], sizeof(findings->text[0]), fmt, ap);
	va_end(ap);
}

static void check_end(struct findings *findings, const struct inspection *in)
{
	if (in->end == INSPECT_TORN)
		find(findings, "torn: %llu bytes of a block at byte %llu, the rest is missing",
		     in->taken, in->offset);
	else if (in->end == INSPECT_BAD)
		find(findings, "byte %llu: %s", in->offset, in->fault);
	else if (in->end == INSPECT_UNREADABLE)
		find(findings, "byte %llu: cannot be read on: %s", in->offset, strerror(errno));
	if (in->disorder > in->allowed && !in->allowed)
		find(findings, "out of order: %llu of %llu packets, the first is packet %llu",
		     in->late, in->packets, in->first_late);
	else if (in->disorder > in->allowed)
		find(findings, "out of order: by %llu ns, the file tells of %llu at most",
		     in->disorder, in->allowed);
	if (!in->n_ports && in->end == INSPECT_WHOLE)
		find(findings, "no interface is described");
}

/* As pcapng_statistics() writes them. */
static void check_statistics(struct findings *findings, const struct inspect_port *port)
{
	const struct inspect_statistics *said = &port->statistics;

	if (said->delivered != port->packets)
		find(findings, "%s: packets: %llu in the file, %llu in its statistics", port->name,
		     port->packets, said->delivered);
	if (said->dropped < port->missing)
		find(findings, "%s: frames missing: %llu in gaps, %llu in its statistics",
		     port->name, port->missing, said->dropped);
	if (said->received < said->dropped || said->received - said->dropped < said->delivered)
		find(findings,
		     "%s: statistics do not add up: %llu received, %llu dropped, %llu written",
		     port->name, said->received, said->dropped, said->delivered);
	if (said->end < port->last)
		find(findings, "%s: a packet from after the end of the capture", port->name);
}

static void check_file(struct findings *findings, const struct inspection *in)
{
	unsigned int i;

	check_end(findings, in);
	for (i = 0; i < in->n_ports; i++) {
		const struct inspect_port *port = &in->ports[i];

		if (port->statistics.present)
			check_statistics(findings, port);
		else if (in->end == INSPECT_WHOLE)
			find(findings,
			     "%s: no statistics: the capture did not end, or its end is missing",
			     port->name);
	}
}

static void check_counter(struct findings *findings, const char *name, const char *counter,
			  __u64 grown, __u64 said)
{
	if (grown != said)
		find(findings, "%s: %s grew by %lld, the file tells of %llu", name, counter,
		     (long long)grown, said);
}

/* Without the file's own account, only its packets and gaps are known: no law for those. */
static void check_counters(struct findings *findings, const struct inspection *in,
			   const struct tap_port *before, const struct tap_port *after)
{
	unsigned int i;

	for (i = 0; i < in->n_ports; i++) {
		const struct inspect_statistics *said = &in->ports[i].statistics;
		const __u64 *from = before[i].counters, *to = after[i].counters;

		if (!said->present)
			continue;
		check_counter(findings, in->ports[i].name, counter_names[CAPTURED_FRAMES],
			      to[CAPTURED_FRAMES] - from[CAPTURED_FRAMES],
			      said->received - said->dropped);
		check_counter(findings, in->ports[i].name, counter_names[LOST_FRAMES],
			      to[LOST_FRAMES] - from[LOST_FRAMES], said->dropped);
	}
}

static __u64 frames_missing(const struct inspection *in)
{
	__u64 missing = 0;
	unsigned int i;

	for (i = 0; i < in->n_ports; i++)
		missing |= in->ports[i].missing | in->ports[i].statistics.dropped;
	return missing;
}

/* --- The tap's counters ---------------------------------------------------------------------- */

/* Return: the tap's object in what `softtap stat -j' said, or NULL. */
static struct json_object *find_tap(struct json_object *said, const char *name)
{
	struct json_object *taps, *tap, *value;
	size_t i;

	if (!json_object_object_get_ex(said, "taps", &taps) ||
	    !json_object_is_type(taps, json_type_array))
		return NULL;
	for (i = 0; i < json_object_array_length(taps); i++) {
		tap = json_object_array_get_idx(taps, i);
		if (json_object_object_get_ex(tap, "tap", &value) &&
		    !strcmp(json_object_get_string(value) ?: "", name))
			return tap;
	}
	return NULL;
}

/* Return: 0, or -1 when a counter is not there. */
static int get_counters(struct tap_port *port, struct json_object *object)
{
	static const enum counter needed[] = { CAPTURED_FRAMES, LOST_FRAMES };
	struct json_object *value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!json_object_object_get_ex(object, counter_names[needed[i]], &value) ||
		    !json_object_is_type(value, json_type_int))
			return -1;
		port->counters[needed[i]] = json_object_get_uint64(value);
	}
	return 0;
}

/* Return: 0, or -1 with a message. */
static int load_counters(struct tap_port *ports, unsigned int n_ports, const char *path,
			 const char *name)
{
	static const char *const keys[SOFTTAP_PORTS] = { "a", "b" };
	struct json_object *said = json_object_from_file(path);
	struct json_object *tap = find_tap(said, name), *port;
	unsigned int i;

	for (i = 0; tap && i < n_ports; i++)
		if (!json_object_object_get_ex(tap, keys[i], &port) ||
		    get_counters(&ports[i], port))
			tap = NULL;
	if (!tap)
		msg_error("%s: not what `softtap stat -j' tells of %s", path, name);
	json_object_put(said);
	return tap ? 0 : -1;
}

/* Return: 0, or -1 with a message. */
static int hold_against_counters(struct findings *findings, const struct inspection *in,
				 const struct options *options)
{
	struct tap_port before[SOFTTAP_PORTS] = { }, after[SOFTTAP_PORTS] = { };

	if (options->before && load_counters(before, in->n_ports, options->before, options->tap))
		return -1;
	if (load_counters(after, in->n_ports, options->after, options->tap))
		return -1;
	check_counters(findings, in, before, after);
	return 0;
}

/* --- The report ------------------------------------------------------------------------------ */

static const char *time_text(char *text, __u64 time)
{
	const time_t seconds = time / NS_PER_S;
	struct tm utc;
	size_t length;

	length = strftime(text, TIME_TEXT, "%FT%T", gmtime_r(&seconds, &utc));
	snprintf(text + length, TIME_TEXT - length, ".%09lluZ", time % NS_PER_S);
	return text;
}

/* Frames lost that no record tells of. */
static __u64 after_last(const struct inspect_port *port)
{
	__u64 dropped = port->statistics.dropped;

	return dropped > port->missing ? dropped - port->missing : 0;
}

static void print_gap(const struct inspection *in, const struct inspect_gap *gap)
{
	char before[TIME_TEXT], after[TIME_TEXT];

	printf("%s: %llu missing, after %s, before %s\n", in->ports[gap->port].name, gap->missing,
	       gap->before ? time_text(before, gap->before) : "the start",
	       time_text(after, gap->after));
}

static void print_step(const struct inspection *in, const struct inspect_step *step)
{
	char time[TIME_TEXT], text[CLOCK_STEP_TEXT];

	(void)in;
	clock_step_print(text, step->ns);
	printf("%s: %s%s\n", time_text(time, step->time), PCAPNG_CLOCK_STEP, text);
}

static void print_steps(const struct inspection *in)
{
	char text[CLOCK_STEP_TEXT];

	clock_step_print(text, in->stepped);
	printf("clock steps     %llu, %s in all\n", in->steps, text);
}

static void print_port(const struct inspect_port *port)
{
	char time[TIME_TEXT];

	printf("%s\n", port->name);
	printf("  packets       %llu\n", port->packets);
	printf("  bytes         %llu\n", port->bytes);
	if (port->packets) {
		printf("  first packet  %s\n", time_text(time, port->first));
		printf("  last packet   %s\n", time_text(time, port->last));
	}
	if (port->broken)
		printf("  broken        %llu of them\n", port->broken);
	printf("  gaps          %llu\n", port->gaps);
	printf("  missing       %llu in gaps", port->missing);
	if (port->statistics.present)
		printf(", %llu after the last packet, %llu in all\n", after_last(port),
		       port->statistics.dropped);
	else
		printf(", after the last packet unknown: no statistics\n");
}

static void print_text(const struct inspection *in, const struct findings *findings)
{
	unsigned int i;

	for (i = 0; i < in->n_ports; i++)
		print_port(&in->ports[i]);
	printf("out of order    %llu\n", in->late);
	if (in->disorder || in->allowed)
		printf("disorder        %llu ns at most, %llu ns allowed\n", in->disorder,
		       in->allowed);
	if (in->steps)
		print_steps(in);
	printf("torn tail       %llu bytes\n", in->end == INSPECT_TORN ? in->taken : 0);
	if (!findings->count)
		printf("whole, in %s, and it adds up\n",
		       in->allowed ? "the order that it tells of" : "order");
}

/* As text: many a reader of JSON keeps only 53 bits of a number. Null where there is none. */
static void add_time(struct json_object *object, const char *name, bool known, __u64 time)
{
	char text[TIME_TEXT];

	json_add_text(object, name, known ? time_text(text, time) : NULL);
}

static void print_json_gap(const struct inspection *in, const struct inspect_gap *gap)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "interface", in->ports[gap->port].name);
	json_add_number(object, "missing", gap->missing);
	add_time(object, "after", gap->before, gap->before);
	add_time(object, "before", true, gap->after);
	json_print_line(object);
}

static void print_json_step(const struct inspection *in, const struct inspect_step *step)
{
	struct json_object *object = json_object_new_object();

	(void)in;
	json_add_signed(object, "clock_stepped_ns", step->ns);
	add_time(object, "at", true, step->time);
	json_print_line(object);
}

static struct json_object *statistics_json(const struct inspect_port *port)
{
	const struct inspect_statistics *said = &port->statistics;
	struct json_object *object;

	if (!said->present)
		return NULL;	/* null */
	object = json_object_new_object();
	add_time(object, "end", true, said->end);
	json_add_number(object, "received", said->received);
	json_add_number(object, "dropped", said->dropped);
	json_add_number(object, "delivered", said->delivered);
	json_add_number(object, "dropped_after_last", after_last(port));
	return object;
}

static struct json_object *port_json(const struct inspect_port *port)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "name", port->name);
	json_add_number(object, "packets", port->packets);
	json_add_number(object, "bytes", port->bytes);
	json_add_number(object, "broken", port->broken);
	add_time(object, "first", port->packets, port->first);
	add_time(object, "last", port->packets, port->last);
	json_add_number(object, "gaps", port->gaps);
	json_add_number(object, "missing", port->missing);
	json_add(object, "statistics", statistics_json(port));
	return object;
}

static void print_json(const struct inspection *in, const struct findings *findings, bool line)
{
	struct json_object *object = json_object_new_object();
	struct json_object *ports = json_object_new_array(), *wrong = json_object_new_array();
	unsigned int i;

	for (i = 0; i < in->n_ports; i++)
		json_object_array_add(ports, port_json(&in->ports[i]));
	for (i = 0; i < findings->count; i++)
		json_object_array_add(wrong, json_object_new_string(findings->text[i]));
	json_add_number(object, "schema", JSON_SCHEMA);
	json_add(object, "interfaces", ports);
	json_add_number(object, "out_of_order", in->late);
	json_add_number(object, "disorder_ns", in->disorder);
	json_add_number(object, "disorder_allowed_ns", in->allowed);
	json_add_number(object, "clock_steps", in->steps);
	json_add_signed(object, "clock_stepped_ns", in->stepped);
	json_add_number(object, "torn_bytes", in->end == INSPECT_TORN ? in->taken : 0);
	json_add(object, "wrong", wrong);
	(line ? json_print_line : json_print)(object);
}

static void report(const struct options *options, const struct inspection *in,
		   const struct findings *findings)
{
	unsigned int i;

	if (options->json)
		print_json(in, findings, options->gaps);
	else if (in->n_ports)		/* of another file there is nothing to tell */
		print_text(in, findings);
	for (i = 0; i < findings->count; i++)
		msg_error("%s: %s", options->path, findings->text[i]);
}

/* --- The command ----------------------------------------------------------------------------- */

static int verify_stream(const struct options *options, FILE *file)
{
	struct inspection in = { .file = file };
	struct findings findings = { };

	if (options->gaps) {
		in.on_gap = options->json ? print_json_gap : print_gap;
		in.on_step = options->json ? print_json_step : print_step;
	}
	inspect(&in);
	check_file(&findings, &in);
	if (options->after && hold_against_counters(&findings, &in, options))
		return EXIT_FAILED;
	report(options, &in, &findings);
	if (findings.count)
		return EXIT_FAILED;
	return options->fail_on_loss && frames_missing(&in) ? EXIT_LOSS : EXIT_OK;
}

static int verify(const struct options *options)
{
	FILE *file = strcmp(options->path, "-") ? fopen(options->path, "re") : stdin;
	int status;

	if (!file) {
		msg_error("%s: %s", options->path, strerror(errno));
		return EXIT_FAILED;
	}
	setvbuf(file, NULL, _IOFBF, BUFFER);
	status = verify_stream(options, file);
	fclose(file);
	return status;
}

static const struct option_row rows[] = {
	OPTION_FLAG('v', "verbose", struct options, gaps,
		    "each gap: the times around it, and how many frames; and each step of the "
		    "wall clock"),
	OPTION_FLAG('j', "json", struct options, json,
		    "as JSON; with -v one object a line, the gaps first"),
	OPTION_TEXT(0, "before", "FILE", struct options, before,
		    "hold it against the tap's counters: what `softtap stat -j' told before "
		    "the capture started; without, they were 0"),
	OPTION_TEXT(0, "after", "FILE", struct options, after, "and after it ended"),
	OPTION_TEXT('i', "interface", "TAP", struct options, tap, "whose counters (tap0)"),
	OPTION_FLAG(0, "fail-on-loss", struct options, fail_on_loss,
		    "exit status 6 when frames are missing"),
};

static const struct command_line line = {
	.name = "verify",
	.synopsis = "[OPTION]... FILE",
	.about = "Checks a capture: that it is whole, in order of time, and that what it "
		 "holds and what it says was lost add up. Tells what is missing in it. - "
		 "is standard input.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/**
 * softtap_verify - the subcommand verify
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_verify(int argc, char **argv)
{
	struct options options = { };
	int words = options_parse(&line, argc, argv, &options);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (argc - words != 1)
		return options_complain(&line, "give one file, or - for standard input");
	if ((options.before || options.tap) && !options.after)
		return options_complain(&line, "%s needs --after",
					options.before ? "--before" : "-i");
	if (!options.tap)
		options.tap = "tap0";
	options.path = argv[words];
	return verify(&options);
}
