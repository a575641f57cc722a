// SPDX-License-Identifier: GPL-2.0
/*
 * softtap snapshot: writes what the flight recorder holds, now or when something happens.
 *
 * The buffers are copied and written piece by piece while the recorder goes on, the oldest first.
 * What it overwrites before that is missing, which is said. The file appears whole, or not at all;
 * where a link leads it is written in place.
 *
 * Up to the writing, times are of the records' clock. In the file they are of the wall clock as it
 * is when the copy is made, whatever it was when the recording began.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "reader/filter.h"
#include "reader/flight.h"
#include "reader/journal.h"
#include "reader/session.h"
#include "lib/clock.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/util.h"

/**
 * struct options - the command line
 * @tap: "tapN"
 * @path: where to write
 * @on: which frame to wait for; without instructions none
 * @signal: which signal to wait for; 0 for none
 * @before: ns before that to write; all that there is when it is not given
 * @after: ns after it
 * @scheduling: where to run
 * @privileges: who waits, copies and writes
 */
struct options {
	const char *tap;
	const char *path;
	struct bpf_program on;
	int signal;
	__u64 before;
	__u64 after;
	struct scheduling scheduling;
	struct privileges privileges;
};

/**
 * struct snapshot - a snapshot as it is made
 * @options: what was asked for
 * @session: the buffers, and where they go
 * @flight: of what they hold
 * @moment: what was waited for came then, ns of the records' clock
 * @from: records from this time on are written
 * @until: records before this time
 * @first: time of the first record that was written, or 0
 * @last: time of the last one
 */
struct snapshot {
	struct options options;
	struct session session;
	struct flight flight;
	__u64 moment;
	__u64 from;
	__u64 until;
	__u64 first;
	__u64 last;
};

/* --- Waiting --------------------------------------------------------------------------------- */

/**
 * enum event - what ended a wait
 * @EVENT_FRAME: the frame came
 * @EVENT_SIGNAL: the signal came
 * @EVENT_TIME: time is up
 * @EVENT_GONE: the tap went away
 * @EVENT_END: somebody asked for an end: a message has said so
 */
enum event {
	EVENT_FRAME,
	EVENT_SIGNAL,
	EVENT_TIME,
	EVENT_GONE,
	EVENT_END,
};

static enum event end_early(void)
{
	msg_error("interrupted before the time, nothing is written");
	return EVENT_END;
}

/* Waits at most @ns; for ever when it is ~0. */
static enum event wait_for_event(const struct snapshot *snapshot, short frames, __u64 ns)
{
	struct pollfd tap = { .fd = snapshot->session.relay.fd, .events = frames };
	int ready = signals_poll(&tap, 1, ns);

	if (signals_ends())
		return end_early();
	if (signals_told())
		return EVENT_SIGNAL;
	if (!ready)
		return EVENT_TIME;
	return tap.revents & POLLPRI ? EVENT_FRAME : EVENT_GONE;
}

/* Return: an exit status, after a message unless it is EXIT_OK. */
static int set_moment(struct snapshot *snapshot, bool triggered)
{
	int err = triggered ? relay_triggered(&snapshot->session.relay, &snapshot->moment)
			    : relay_now(&snapshot->session.relay, &snapshot->moment);

	if (!err)
		return EXIT_OK;
	session_complain(&snapshot->session);
	return EXIT_FAILED;
}

/*
 * Waits for the moment, if there is one to wait for. Return: an exit status, after a message unless
 * it is EXIT_OK.
 */
static int wait_for_moment(struct snapshot *snapshot)
{
	const struct options *options = &snapshot->options;
	enum event event;

	if (!options->on.bf_insns && !options->signal)
		return set_moment(snapshot, false);
	fprintf(stderr, "waiting at %s\n", snapshot->session.tap);
	event = wait_for_event(snapshot, options->on.bf_insns ? POLLPRI : 0, ~0ULL);
	if (event == EVENT_GONE) {
		msg_error("%s went away, nothing is written", snapshot->session.tap);
		return EXIT_GONE;
	}
	if (event == EVENT_END)
		return EXIT_FAILED;
	return set_moment(snapshot, event == EVENT_FRAME);
}

/*
 * Waits for what is to follow the moment; when the tap goes, what it has is written all the same.
 * Return: an exit status, after a message unless it is EXIT_OK.
 */
static int wait_for_rest(const struct snapshot *snapshot)
{
	__u64 until = snapshot->moment + snapshot->options.after, now;
	enum event event = EVENT_TIME;

	while (event != EVENT_END && event != EVENT_GONE) {
		if (relay_now(&snapshot->session.relay, &now)) {
			session_complain(&snapshot->session);
			return EXIT_FAILED;
		}
		if (now >= until)
			break;
		event = wait_for_event(snapshot, 0, until - now);
	}
	if (event == EVENT_GONE)
		msg_warning("%s went away before the time", snapshot->session.tap);
	return event == EVENT_END ? EXIT_FAILED : EXIT_OK;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* Leaves out what is too old. What it tells of as lost before is not left out. */
static void skip_old(struct snapshot *snapshot)
{
	struct port_account skipped[SOFTTAP_PORTS] = { };
	unsigned int cpu;

	for (cpu = 0; cpu < snapshot->session.relay.geometry.cpus; cpu++)
		merge_skip(&snapshot->session.relay, cpu, snapshot->from, skipped);
	session_skipped(&snapshot->session, skipped);
}

static void note_times(struct snapshot *snapshot, const struct batch *batch)
{
	if (!batch->records)
		return;
	if (!snapshot->session.records)
		snapshot->first = pcapng_epb_time(batch->pieces[0].iov_base);
	snapshot->last = batch->last;
}

static int write_start(struct snapshot *snapshot)
{
	struct blocks blocks = { .length = 0 };

	pcapng_start(&blocks, &snapshot->session.relay.geometry,
		     snapshot->session.relay.ports, NULL);
	return session_write_blocks(&snapshot->session, &blocks);
}

static int write_records(struct snapshot *snapshot)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	struct flight *flight = &snapshot->flight;
	int err = batch ? 0 : -1;
	__u64 horizon = 0;

	while (!err && (horizon < snapshot->until || batch->records)) {
		flight_copy(&snapshot->session.relay, flight);
		skip_old(snapshot);
		horizon = flight->horizon < snapshot->until ? flight->horizon : snapshot->until;
		merge_fill(&snapshot->session.relay, batch, horizon, ~0ULL);
		note_times(snapshot, batch);
		session_account(&snapshot->session, batch);
		if (session_write_batch(&snapshot->session, batch, false) != batch->bytes)
			err = -1;
	}
	free(batch);
	return err;
}

/* What is older than what was asked for is not missed. */
static bool has_gap(const struct snapshot *snapshot)
{
	return snapshot->flight.gap_from && snapshot->flight.gap_until > snapshot->from &&
	       snapshot->flight.gap_from < snapshot->until;
}

static const char *gap_text(char *text, size_t size, const struct snapshot *snapshot)
{
	const struct flight *flight = &snapshot->flight;

	if (!has_gap(snapshot))
		return NULL;
	snprintf(text, size,
		 "packets of %.3f seconds are missing: they were overwritten before they could be written",
		 (double)(flight->gap_until - flight->gap_from) / NS_PER_S);
	return text;
}

static int write_end(struct snapshot *snapshot)
{
	char comment[128];
	__u64 start = snapshot->session.records ? snapshot->first : snapshot->moment;
	__u64 end = snapshot->last > snapshot->moment ? snapshot->last : snapshot->moment;
	struct blocks blocks = { .length = 0 };
	unsigned int port;

	for (port = 0; port < snapshot->session.relay.geometry.ports; port++)
		pcapng_statistics(&blocks, port, &snapshot->session.ports[port],
				  clock_add(start, snapshot->session.clock.shift),
				  clock_add(end, snapshot->session.clock.shift),
				  gap_text(comment, sizeof(comment), snapshot));
	return session_write_blocks(&snapshot->session, &blocks);
}

/* The output takes nothing. Return: has somebody asked for an end meanwhile? */
static bool is_asked_to_end(const void *waiter, __u64 stuck)
{
	(void)waiter;
	(void)stuck;
	return signals_ends();
}

static const char *reason(int error)
{
	return error == EINTR ? "the other end is not reading" : strerror(error);
}

/* Return: an exit status, after a message unless it is EXIT_OK. */
static int write_file(struct snapshot *snapshot)
{
	struct storage *storage = &snapshot->session.storage;
	struct unfinished unfinished;
	bool whole;

	journal_look(&snapshot->session.relay, &unfinished);
	if (journal_means(&unfinished, snapshot->options.path)) {
		msg_error("%s: a capture that did not come to its end: give another file",
			  snapshot->options.path);
		return EXIT_OUTPUT;
	}
	if (storage_open(storage, snapshot->options.path, STORAGE_WHOLE))
		return EXIT_OUTPUT;
	storage->give_up = is_asked_to_end;
	whole = !storage_begin(storage) && !write_start(snapshot) && !write_records(snapshot) &&
		!write_end(snapshot) && !storage_sync(storage) && !storage_appear(storage);
	if (whole && !storage_close(storage))
		return EXIT_OK;
	msg_error("cannot write to %s: %s", storage->path, reason(errno));
	if (!whole)
		storage_drop(storage);
	return EXIT_OUTPUT;
}

/* --- The command ----------------------------------------------------------------------------- */

/* The window that was asked for, as far as it is there. */
static void set_window(struct snapshot *snapshot)
{
	const struct options *options = &snapshot->options;
	const struct flight *flight = &snapshot->flight;
	__u64 until = snapshot->moment + options->after + 1;

	snapshot->until = flight->until;
	if ((options->on.bf_insns || options->signal) && until < flight->until)
		snapshot->until = until;
	if (options->before == ~0ULL)
		return;
	snapshot->from = clock_add(snapshot->moment, -(__s64)options->before);
	if (flight->reach > snapshot->from)
		msg_warning("the buffers reach back %.3f s only: larger ones (subbufs) keep more",
			    (snapshot->moment - (double)flight->reach) / NS_PER_S);
}

/* Return: an exit status. */
static int show_result(const struct snapshot *snapshot)
{
	char gap[128];
	const struct softtap_geometry *geometry = &snapshot->session.relay.geometry;
	unsigned int port;

	fprintf(stderr, "%llu packet%s written, %.3f seconds\n", snapshot->session.records,
		snapshot->session.records == 1 ? "" : "s",
		(double)(snapshot->last - snapshot->first) / NS_PER_S);
	for (port = 0; port < geometry->ports; port++)
		fprintf(stderr, "%s: %llu written\n", msg_printable(geometry->ifname[port]),
			snapshot->session.ports[port].recorded);
	if (!gap_text(gap, sizeof(gap), snapshot))
		return EXIT_OK;
	msg_error("%s", gap);
	return EXIT_LOSS;
}

/* Return: 0, or -1 with errno. */
static int begin(struct snapshot *snapshot)
{
	struct session *session = &snapshot->session;

	if (flight_begin(&session->relay, &snapshot->flight) ||
	    file_clock_begin(&session->clock, &session->relay))
		return -1;
	return session_restamp(session);
}

static int take_snapshot(struct snapshot *snapshot)
{
	const struct options *options = &snapshot->options;
	int status;

	if (options->on.bf_insns && relay_trigger(&snapshot->session.relay, &options->on)) {
		filter_refused(snapshot->session.tap);
		return EXIT_FAILED;
	}
	status = wait_for_moment(snapshot);
	if (status == EXIT_OK)
		status = wait_for_rest(snapshot);
	if (status != EXIT_OK)
		return status;
	if (begin(snapshot)) {
		msg_error("cannot copy the buffers of %s: %s", snapshot->session.tap,
			  strerror(errno));
		return EXIT_FAILED;
	}
	set_window(snapshot);
	status = write_file(snapshot);
	return status == EXIT_OK ? show_result(snapshot) : status;
}

static int run(struct snapshot *snapshot)
{
	struct options *options = &snapshot->options;
	struct session *session = &snapshot->session;
	int status;

	status = session_open(session, options->tap, true);
	if (status)
		return status;
	if (session_settle(session, &options->scheduling, &options->privileges))
		status = EXIT_FAILED;
	else
		status = take_snapshot(snapshot);
	flight_end(&session->relay, &snapshot->flight);
	session_close(session);
	return status;
}

static int take_trigger(const struct option_row *row, const char *value, void *options)
{
	struct options *snapshot = options;

	(void)row;
	return filter_compile(&snapshot->on, value);
}

static int take_signal_name(const struct option_row *row, const char *value, void *options)
{
	const char *name = value + (strncmp(value, "SIG", 3) ? 0 : 3);
	struct options *snapshot = options;

	snapshot->signal = !strcmp(name, "USR1") ? SIGUSR1 : !strcmp(name, "USR2") ? SIGUSR2 : 0;
	if (snapshot->signal)
		return 0;
	msg_error("%s %s: must be USR1 or USR2", option_label(row), name);
	return -1;
}

static int take_cpus(const struct option_row *row, const char *value, void *options)
{
	struct options *snapshot = options;

	(void)row;
	return scheduling_parse_cpus(&snapshot->scheduling, value);
}

static int take_user(const struct option_row *row, const char *value, void *options)
{
	struct options *snapshot = options;

	(void)row;
	return privileges_parse(&snapshot->privileges, value);
}

static const struct option_row rows[] = {
	OPTION_TEXT('i', "interface", "TAP", struct options, tap,
		    "the tap (tap0), or a port of it"),
	OPTION_TEXT('w', NULL, "FILE", struct options, path,
		    "the file, which appears whole; - for standard output"),
	OPTION_CALL(0, "on", "EXPRESSION", take_trigger,
		    "when a frame matches it (pcap-filter(7))"),
	OPTION_CALL(0, "on-signal", "NAME", take_signal_name,
		    "when this signal comes: USR1, USR2"),
	OPTION_SECONDS(0, "before", "SECONDS", struct options, before,
		       "only what passed that long before (all that is there)"),
	OPTION_SECONDS(0, "after", "SECONDS", struct options, after, "and for so long after (0)"),
	OPTION_CALL(0, "cpu", "LIST", take_cpus,
		    "run on these processors (those of `up --cpus reader=')"),
	OPTION_CALL('Z', NULL, "USER", take_user,
		    "become USER when the tap is open, before FILE is made"),
};

static const struct command_line line = {
	.name = "snapshot",
	.synopsis = "[-i TAP] -w FILE [OPTION]...",
	.about = "Writes what a tap with policy flight has kept to a pcapng file, while it "
		 "goes on.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.notes = "Exit status: 0 written, 1 failed or interrupted, 2 usage, 3 the output "
		 "could not be written, 4 the tap went away meanwhile, 5 it has a reader "
		 "already, 6 packets were overwritten before they could be written.",
};

/* Return: 0, 1 when there is nothing more to do, -1 with a message. */
static int parse_options(int argc, char **argv, struct options *options)
{
	int words;

	*options = (struct options){ .tap = "tap0", .before = ~0ULL };
	words = options_parse(&line, argc, argv, options);
	if (words <= 0)
		return words ? -1 : 1;
	if (words < argc)
		options_complain(&line, "unexpected argument `%s'", argv[words]);
	else if (!options->path)
		options_complain(&line, "where to write? Give -w FILE, or -w - for a pipe");
	else
		return 0;
	return -1;
}

/**
 * softtap_snapshot - the subcommand snapshot
 * @argc: as for main(), without "softtap"
 * @argv: as for main()
 *
 * Return: the exit status.
 */
int softtap_snapshot(int argc, char **argv)
{
	struct snapshot snapshot = { };
	int status = parse_options(argc, argv, &snapshot.options);

	if (status)
		return status < 0 ? EXIT_USAGE : EXIT_OK;
	signals_catch(snapshot.options.signal);
	status = run(&snapshot);
	pcap_freecode(&snapshot.options.on);
	return status;
}
