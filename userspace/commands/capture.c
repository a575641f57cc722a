// SPDX-License-Identifier: GPL-2.0
/*
 * softtap capture: the relay reader.
 *
 * One loop: wait for a whole sub-buffer or the interval, look how far finished records reach, take
 * them in the order of time, write them out of the mapping, give their space back. What was noted
 * as handed over before a write tells the next reader, should this one die in it.
 *
 * As long as only one CPU records, and fast enough to fill sub-buffers, these go to a file as they
 * are, past the page cache; what the last one has begun waits for its end, or for the interval.
 * With --order buffer they do so whichever CPUs record.
 *
 * The file's times go on by the clock with which it began. When the wall clock is stepped the loop
 * wakes up, says so, and notes it in the file.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/capture_options.h"
#include "commands/commands.h"
#include "reader/filter.h"
#include "reader/journal.h"
#include "reader/session.h"
#include "store/sizing.h"
#include "store/syncer.h"
#include "tap/counters.h"
#include "lib/clock.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/util.h"

#define COUNT_TEXT	24		/* bytes, a number as text, or "unknown" */
#define SNAPLEN_MAX	262144ULL	/* what tcpdump says where there is no limit */
#define PATIENCE_NS	NS_PER_S	/* for an output that takes nothing, at the end */
#define PROGRESS_NS	NS_PER_S	/* between two lines of progress */

/**
 * struct capture - a capture as it runs
 * @options: what was asked for
 * @session: where records come from, and go
 * @syncer: has the disk take what is there
 * @batch: those between
 * @whole: the batch is whole sub-buffers
 * @file: what the file has from before, when this reader goes on in it
 * @goes_on: it does
 * @unfinished: where a reader before has stopped
 * @left: records that a reader before has left
 * @doubled: records at the start that a reader before may have written already
 * @watch: tells that the wall clock was set, -1 when nothing does
 * @was_set: it has told so
 * @deadline: when to end, ns of the monotonic clock
 * @next_sync: when the disk is to have all that was written, ns of the monotonic clock
 * @progress: when to show progress again, ns of the monotonic clock; 0 for never
 * @status: the exit status, as far as it is known
 * @is_settled: all that was received is accounted for
 * @has_room: the output is full, but for statistics
 * @unknown: it was said that something is missing in the output, and not known what
 */
struct capture {
	struct capture_options options;
	struct session session;
	struct syncer syncer;
	struct batch batch;
	bool whole;
	struct file_account file;
	bool goes_on;
	struct unfinished unfinished;
	__u64 left;
	__u64 doubled;
	int watch;
	bool was_set;
	__u64 deadline;
	__u64 next_sync;
	__u64 progress;
	int status;
	bool is_settled;
	bool has_room;
	bool unknown;
};

/*
 * The output takes nothing. It is waited for as long as there is time; when there is none any more,
 * for a moment; and not at all when a signal has come twice.
 */
static bool impatient(const void *waiter, __u64 stuck)
{
	const struct capture *capture = waiter;
	bool is_over = signals_ends() || clock_ns(CLOCK_MONOTONIC) >= capture->deadline;

	return signals_ends() > 1 || (is_over && stuck >= PATIENCE_NS);
}

static const char *plural(__u64 count)
{
	return count == 1 ? "" : "s";
}

static bool is_cut_short(const struct capture *capture)
{
	return capture->session.records >= capture->options.count;
}

/*
 * The output took less than the batch. What it took of it stays, up to the last whole record; the
 * rest stays in the buffers for the next reader.
 */
static void end_output(struct capture *capture, size_t written)
{
	off_t before = capture->session.storage.length - written;
	int error = errno;

	/* So much less, and the statistics have their place. */
	capture->has_room = storage_make_room(&capture->session.storage, error);
	if (capture->has_room)
		written -= written < STORAGE_ROOM ? written : STORAGE_ROOM;
	session_cut_batch(&capture->session, &capture->batch, written);
	storage_cut(&capture->session.storage, before + capture->batch.bytes);
	if (error == EINTR)
		msg_error("%s: the other end is not reading", capture->session.storage.path);
	else
		msg_error("cannot write to %s: %s", capture->session.storage.path, strerror(error));
	capture->status = EXIT_OUTPUT;
}

/* The account of a port in the file. */
static struct port_account account_of(const struct capture *capture, unsigned int port)
{
	const struct port_account *now = &capture->session.ports[port];
	struct port_account sum = capture->file.ports[port];

	sum.recorded += now->recorded;
	sum.passed_over += now->passed_over;
	sum.dropped += now->dropped;
	sum.unplaced += now->unplaced;
	return sum;
}

static int leave_note(struct capture *capture)
{
	struct file_account account = capture->file;
	unsigned int port;

	account.shift = capture->session.clock.shift;
	account.last = capture->session.sorting.last;
	for (port = 0; port < SOFTTAP_PORTS; port++)
		account.ports[port] = account_of(capture, port);
	return journal_note(&capture->session.relay, &capture->session.storage, &account);
}

/* Writes one batch. Return: 0, or -1 when the capture is over. */
static int write_batch(struct capture *capture)
{
	size_t bytes = capture->batch.bytes;
	size_t written;

	/* Of one without records nothing can be in the file that another reader has to look for. */
	if ((capture->batch.records && leave_note(capture)) || relay_hand(&capture->session.relay))
		goto err_module;
	written = session_write_batch(&capture->session, &capture->batch, capture->whole);
	if (written < bytes)
		end_output(capture, written);
	if (relay_hand(&capture->session.relay) || relay_consume(&capture->session.relay))
		goto err_module;
	session_account(&capture->session, &capture->batch);
	return written < bytes ? -1 : 0;

err_module:
	session_complain(&capture->session);
	capture->status = EXIT_FAILED;
	return -1;
}

/*
 * Fills the batch with what is to be written next, which may be nothing. After the end of a
 * sub-buffer the beginning of the next is not @due. Return: 1 if it is such an end, 0, or -1 when
 * the capture is over.
 */
static int fill_batch(struct capture *capture, __u64 horizon, bool due)
{
	__u64 most = capture->options.count - capture->session.records;
	enum merge_whole found = WHOLE_NONE;

	if (capture->options.by_buffer)
		found = merge_buffers(&capture->session.relay, &capture->batch, horizon,
				      capture->options.interval * NS_PER_MS, most);
	else if (capture->session.storage.direct >= 0 && !capture->session.relay.stamped)
		found = merge_whole(&capture->session.relay, &capture->batch, horizon, most);
	if (found == WHOLE_NONE && due &&
	    session_fill_batch(&capture->session, &capture->batch, horizon, most)) {
		session_complain(&capture->session);
		capture->status = EXIT_FAILED;
		return -1;
	}
	capture->whole = found == WHOLE_TAKEN;
	return found != WHOLE_NONE;
}

/* What the page cache took and the disk did not is nowhere any more: said once. */
static void end_unknown(struct capture *capture)
{
	if (!capture->unknown)
		msg_error("%s: %s: the disk failed after accepting data; unknown what is missing",
			  capture->session.storage.path, strerror(errno));
	capture->unknown = true;
	capture->status = EXIT_OUTPUT;
}

/* Of what is written from a full buffer, too. Return: 0, or -1 when the disk has refused some. */
static int keep_pace(struct capture *capture)
{
	int err = storage_keep_pace(&capture->session.storage);

	if (err)
		end_unknown(capture);
	return err;
}

/*
 * Writes all records before @horizon, but for the beginning of a sub-buffer behind one that was
 * written, unless it is the @last time. Return: 0, or -1 when the capture is over.
 */
static int write_until(struct capture *capture, __u64 horizon, bool last)
{
	bool due = true;
	int end;

	do {
		end = fill_batch(capture, horizon, due);
		if (end > 0)
			due = last;
		if (end < 0 || write_batch(capture) || keep_pace(capture))
			return -1;
	} while (capture->batch.records && !is_cut_short(capture));
	return 0;
}

/* When there is something to do by the clock, ns of the monotonic one. */
static __u64 next_time(const struct capture *capture)
{
	const struct storage *storage = &capture->session.storage;

	if (capture->options.sync && storage->regular &&
	    capture->syncer.upto != storage->length && capture->next_sync < capture->deadline)
		return capture->next_sync;
	return capture->deadline;
}

/* Waits for records. Return: whether there may be more to come. */
static bool wait_for_records(struct capture *capture)
{
	struct pollfd fds[] = {
		{ .fd = capture->session.relay.fd, .events = POLLIN },
		{ .fd = capture->watch, .events = POLLIN },
	};
	__u64 now = clock_ns(CLOCK_MONOTONIC);
	__u64 timeout = capture->options.interval * (NS_PER_S / 1000);
	__u64 until = next_time(capture);

	if (signals_ends() || now >= capture->deadline)
		return false;
	if (until <= now)
		timeout = 0;
	else if (until - now < timeout)
		timeout = until - now;
	if (!signals_poll(fds, ARRAY_SIZE(fds), timeout))
		return true;
	capture->was_set |= fds[1].revents != 0;
	if (!(fds[0].revents & (POLLHUP | POLLERR)))
		return true;
	msg_error("%s went away", capture->session.tap);
	capture->status = EXIT_GONE;
	return false;
}

/* As far as it is known, in the words of the end. */
static void show_report(struct capture *capture)
{
	__u64 dropped = capture->session.ports[0].dropped + capture->session.ports[1].dropped;

	if (!signals_told())
		return;
	fprintf(stderr, "%s%llu packet%s captured, ", capture->progress ? "\r" : "",
		capture->session.records, plural(capture->session.records));
	fprintf(stderr, "%llu packet%s received by filter, ", capture->session.records + dropped,
		plural(capture->session.records + dropped));
	fprintf(stderr, "%llu packet%s dropped by kernel\n", dropped, plural(dropped));
}

static void show_progress(struct capture *capture)
{
	const struct session *session = &capture->session;
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	if (!capture->progress || now < capture->progress)
		return;
	capture->progress = now + PROGRESS_NS;
	fprintf(stderr, "\r%llu packet%s, %llu bytes, %llu dropped ", session->records,
		plural(session->records), (unsigned long long)session->storage.length,
		session->ports[0].dropped + session->ports[1].dropped);
}

static int write_blocks(struct capture *capture, const struct blocks *blocks)
{
	/* The note before does as well: the next reader finds whole blocks behind it. */
	(void)!leave_note(capture);
	if (!session_write_blocks(&capture->session, blocks))
		return 0;
	if (capture->status == EXIT_OK)
		msg_error("cannot write to %s: %s", capture->session.storage.path, strerror(errno));
	capture->status = EXIT_OUTPUT;
	return -1;
}

/* The account of a port up to now. */
static void put_statistics(const struct capture *capture, struct blocks *blocks, unsigned int port,
			   const char *comment)
{
	const struct port_account account = account_of(capture, port);

	pcapng_statistics(blocks, port, &account, capture->file.start, capture->session.clock.now,
			  comment);
}

/*
 * Says so when the wall clock was stepped, and notes it in the file, behind what was written until
 * now. Return: 0, or -1 when the output failed.
 */
static int look_at_clock(struct capture *capture)
{
	char comment[sizeof(PCAPNG_CLOCK_STEP) + CLOCK_STEP_TEXT] = PCAPNG_CLOCK_STEP;
	struct blocks blocks = { .length = 0 };
	__s64 step;

	capture->was_set = false;
	clock_watch_again(capture->watch);
	step = file_clock_look(&capture->session.clock, &capture->session.relay);
	if (!step)
		return 0;
	clock_step_print(comment + strlen(comment), step);
	msg_warning("%s: times in %s stay on the old clock", comment,
		    capture->session.storage.path);
	put_statistics(capture, &blocks, 0, comment);
	return write_blocks(capture, &blocks);
}

/* Now and then the disk gets all. Return: 0, or -1 when it has not taken it. */
static int sync_if_due(struct capture *capture)
{
	if (!capture->options.sync || clock_ns(CLOCK_MONOTONIC) < capture->next_sync)
		return 0;
	if (syncer_start(&capture->syncer, &capture->session.storage)) {
		end_unknown(capture);
		return -1;
	}
	capture->next_sync = clock_ns(CLOCK_MONOTONIC) + capture->options.sync;
	return 0;
}

/* The loop. Return: 0, or -1 when the output or the module failed. */
static int run(struct capture *capture)
{
	__u64 horizon;

	while (!is_cut_short(capture) && wait_for_records(capture)) {
		if (relay_look(&capture->session.relay, &horizon)) {
			session_complain(&capture->session);
			capture->status = EXIT_FAILED;
			return -1;
		}
		if (write_until(capture, horizon, false) ||
		    (capture->was_set && look_at_clock(capture)))
			return -1;
		if (sync_if_due(capture))
			return -1;
		scheduling_watch(&capture->options.scheduling, &capture->session.relay);
		show_report(capture);
		show_progress(capture);
	}
	return 0;
}

/* More was recorded than was asked for: counted, and given back. */
static void pass_over(struct capture *capture)
{
	struct relay *relay = &capture->session.relay;
	struct port_account rest[SOFTTAP_PORTS] = {};
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];

		session_count(&capture->session, cpu, stream->limit, rest);
		stream->position = stream->limit;
	}
	session_skipped(&capture->session, rest);
	relay_consume(relay);
}

/* Everything that was received until now goes into the file. */
static void finish_records(struct capture *capture)
{
	struct softtap_stop stop;
	unsigned int port;

	if (relay_stop(&capture->session.relay, &stop) ||
	    relay_look(&capture->session.relay, NULL)) {
		session_complain(&capture->session);
		capture->status = EXIT_FAILED;
		return;
	}
	for (port = 0; port < SOFTTAP_PORTS; port++)
		capture->session.ports[port].unplaced += stop.unplaced[port];
	if (is_cut_short(capture) || !write_until(capture, ~0ULL, true)) {
		pass_over(capture);
		capture->is_settled = true;
	}
}

static void write_end(struct capture *capture)
{
	struct blocks blocks = { .length = 0 };
	unsigned int port;

	if (look_at_clock(capture))
		return;
	for (port = 0; port < capture->session.relay.geometry.ports; port++)
		put_statistics(capture, &blocks, port, NULL);
	write_blocks(capture, &blocks);
}

/* Nobody is to go on in a file that has its end. */
static void finish_file(struct capture *capture)
{
	write_end(capture);
	if (capture->status == EXIT_OK || capture->status == EXIT_GONE)
		(void)!journal_finish(&capture->session.relay);
}

/* How many ns a record may be older than one before it. */
static __u64 disorder_of(const struct capture_options *options)
{
	return options->by_buffer ? options->interval * NS_PER_MS : 0;
}

/* What a file says of itself as a whole: its order, if that is not of time, comes first. */
static const char *comment_on_file(char *comment, size_t size, const struct capture *capture)
{
	int length = 0;

	if (capture->options.by_buffer)
		length = snprintf(comment, size, PCAPNG_ORDER_BUFFER "\n",
				  capture->options.interval);
	if (capture->doubled)
		snprintf(comment + length, size - length,
			 "The first %llu packet%s may stand at the end of the file of a reader that died.",
			 capture->doubled, plural(capture->doubled));
	else if (length)
		comment[length - 1] = '\0';
	return length || capture->doubled ? comment : NULL;
}

/* The file is begun, and stays as it is. Return: 0, or -1 after a complaint. */
static int go_on(struct capture *capture)
{
	if (!storage_go_on(&capture->session.storage)) {
		msg_warning("%s: going on behind its last packet", capture->session.storage.path);
		return 0;
	}
	msg_error("cannot write %s: %s", capture->session.storage.path, strerror(errno));
	capture->status = EXIT_OUTPUT;
	return -1;
}

static int write_start(struct capture *capture)
{
	struct blocks blocks = { .length = 0 };
	char comment[160];

	if (capture->goes_on)
		return go_on(capture);
	pcapng_start(&blocks, &capture->session.relay.geometry,
		     capture->session.relay.ports,
		     comment_on_file(comment, sizeof(comment), capture));
	if (write_blocks(capture, &blocks))
		return -1;
	if (!storage_appear(&capture->session.storage))
		return 0;
	msg_error("cannot write %s: %s", capture->session.storage.path, strerror(errno));
	capture->status = EXIT_OUTPUT;
	return -1;
}

/* What a reader before left is written first: how much that is, and what may be double. */
static int count_left_over(struct capture *capture)
{
	struct relay *relay = &capture->session.relay;
	unsigned int cpu;

	if (relay_look(relay, NULL)) {
		session_complain(&capture->session);
		return -1;
	}
	journal_take_up(relay, &capture->session.sorting, &capture->unfinished);
	if (relay_look(relay, NULL)) {
		session_complain(&capture->session);
		return -1;
	}
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		const struct stream *stream = &relay->streams[cpu];

		capture->left += session_count(&capture->session, cpu, stream->limit, NULL);
		capture->doubled += session_count_doubled(&capture->session, cpu);
	}
	return 0;
}

static void tell_left_over(const struct capture *capture)
{
	if (capture->left)
		msg_warning("%llu packet%s from before, which nobody has taken, come first; %llu of them may be in its file too",
			    capture->left, plural(capture->left), capture->doubled);
}

/* A number in the summary that is not always known. */
static const char *count_text(char *text, const struct capture *capture, __u64 count)
{
	if (capture->is_settled)
		snprintf(text, COUNT_TEXT, "%llu", count);
	else
		snprintf(text, COUNT_TEXT, "unknown");
	return text;
}

/* As tcpdump has it: what was received by the filter includes what was dropped behind it. */
static void show_result(struct capture *capture)
{
	const struct softtap_geometry *geometry = &capture->session.relay.geometry;
	__u64 received = 0, dropped = 0;
	char text[COUNT_TEXT];
	unsigned int port;

	for (port = 0; port < geometry->ports; port++) {
		const struct port_account *account = &capture->session.ports[port];

		dropped += account->dropped + account->unplaced;
		received += account->recorded + account->passed_over;
	}
	received += dropped;
	fprintf(stderr, "%s%llu packet%s captured\n", capture->progress ? "\r" : "",
		capture->session.records, plural(capture->session.records));
	fprintf(stderr, "%s packet%s received by filter\n",
		count_text(text, capture, received), plural(received));
	fprintf(stderr, "%s packet%s dropped by kernel\n", count_text(text, capture, dropped),
		plural(dropped));
	for (port = 0; port < geometry->ports; port++)
		fprintf(stderr, "%s: %llu captured, %s dropped\n",
			msg_printable(geometry->ifname[port]),
			capture->session.ports[port].recorded,
			count_text(text, capture, capture->session.ports[port].dropped +
						  capture->session.ports[port].unplaced));
	if (capture->options.fail_on_loss && dropped && capture->status == EXIT_OK)
		capture->status = EXIT_LOSS;
}

static void set_deadline(struct capture *capture)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	capture->deadline = ~0ULL;
	capture->next_sync = now + capture->options.sync;
	if (capture->options.duration)
		capture->deadline = now + capture->options.duration;
	if (isatty(STDERR_FILENO) && !capture->options.quiet)
		capture->progress = now + PROGRESS_NS;
}

/* The clock of the file is known when recording has begun. Return: 0, or -1 with errno. */
static int start_clock(struct capture *capture)
{
	const struct relay *relay = &capture->session.relay;
	struct softtap_clock before;

	if (relay_clock(relay, &before) || relay_start(relay))
		return -1;
	if (capture->goes_on) {
		if (file_clock_go_on(&capture->session.clock, relay, capture->file.offset))
			return -1;
		capture->was_set = true;	/* it may have been */
	} else {
		if (file_clock_begin(&capture->session.clock, relay))
			return -1;
		capture->file.offset = capture->session.clock.offset;
		capture->file.start = clock_add(before.monotonic, capture->session.clock.offset);
		capture->file.disorder = disorder_of(&capture->options);
	}
	return session_restamp(&capture->session);
}

/* Return: 0, or -1 with a message. */
static int start(struct capture *capture)
{
	if (!start_clock(capture) && !leave_note(capture))
		return 0;
	msg_error("%s: %s", capture->session.tap,
		  errno == ENODEV ? "it is gone" : strerror(errno));
	capture->status = errno == ENODEV ? EXIT_GONE : EXIT_FAILED;
	return -1;
}

/*
 * Is the output where a reader before has stopped? Then this one goes on there, or leaves it as it
 * is. Return: 0, or -1 after a complaint.
 */
static int choose_place(struct capture *capture)
{
	const struct unfinished *unfinished = &capture->unfinished;
	const char *fault = unfinished->fault;

	/* One that died before its clock had begun has left no packet: the file is begun anew. */
	if (!unfinished->present || !unfinished->account.start ||
	    !storage_is(&capture->session.storage, unfinished->device, unfinished->inode)) {
		if (!storage_begin(&capture->session.storage))
			return 0;
		msg_error("cannot write %s: %s", capture->session.storage.path, strerror(errno));
		return -1;
	}
	if (!fault && disorder_of(&capture->options) > unfinished->account.disorder)
		fault = "it has another order";
	if (!fault) {
		capture->goes_on = true;
		capture->file = unfinished->account;
		return 0;
	}
	msg_error("%s: a capture that did not come to its end, and %s: give another file",
		  capture->session.storage.path, fault);
	return -1;
}

/* Everything that passes from now on is in the file: scripts wait for this line. */
static void tell_ready(const struct capture *capture)
{
	const struct softtap_geometry *geometry = &capture->session.relay.geometry;
	__u64 snaplen = capture->options.snaplen;

	fprintf(stderr, "listening on %s (%s%s%s), ", capture->session.tap,
		msg_printable(geometry->ifname[0]), geometry->ports > 1 ? ":" : "",
		geometry->ports > 1 ? msg_printable(geometry->ifname[1]) : "");
	fprintf(stderr, "link-type EN10MB (Ethernet), snapshot length %llu bytes\n",
		snaplen && snaplen < SNAPLEN_MAX ? snaplen : SNAPLEN_MAX);
}

/* From the open door to the end of the file. */
static void capture_to_storage(struct capture *capture)
{
	set_deadline(capture);
	if (write_start(capture))
		return;
	if (start(capture))
		return;
	tell_ready(capture);
	if (!run(capture))
		finish_records(capture);
	/*
	 * After a failed write the account is not closed: the next reader goes on with it, in place
	 * of the statistics if in this file.
	 */
	if (capture->status != EXIT_OUTPUT)
		finish_file(capture);
	else if (capture->has_room)
		write_end(capture);
	show_result(capture);
}

/* Tells the module what is wanted. Return: 0, or -1 with a message. */
static int choose(const struct capture *capture)
{
	const struct capture_options *options = &capture->options;
	const struct relay *relay = &capture->session.relay;

	if (options->ports >= 1U << relay->geometry.ports) {
		msg_error("%s has only port a", options->tap);
		return -1;
	}
	if (options->by_buffer && relay->stamped) {
		msg_error("%s has times of its cards, which --order buffer does not sort",
			  options->tap);
		return -1;
	}
	if (!relay_filter(relay, &options->program, options->ports) &&
	    !relay_snaplen(relay, options->snaplen))
		return 0;
	filter_refused(options->tap);
	return -1;
}

/* The disk may take its time: the tap is free for the next reader by now. */
static void end_storage(struct capture *capture)
{
	if (syncer_end(&capture->syncer) || storage_sync(&capture->session.storage))
		end_unknown(capture);
	if (storage_close(&capture->session.storage) && capture->status == EXIT_OK) {
		msg_error("cannot write to %s: %s", capture->session.storage.path, strerror(errno));
		capture->status = EXIT_OUTPUT;
	}
}

/* As tcpdump -D does. Return: an exit status. */
static int list_taps(void)
{
	struct tap *taps;
	size_t i, n;
	int status = taps_select(&taps, &n, NULL);

	if (status)
		return status;
	for (i = 0; i < n; i++)
		printf("%zu.%s (%s%s%s) [%s]\n", i + 1, taps[i].name,
		       msg_printable(taps[i].ports[0].ifname), taps[i].n_ports > 1 ? ":" : "",
		       taps[i].n_ports > 1 ? msg_printable(taps[i].ports[1].ifname) : "",
		       taps[i].state);
	free(taps);
	return EXIT_OK;
}

static void compare_buffers(const struct capture *capture)
{
	__u64 kib = capture->session.relay.buffer_size / 1024;

	if (capture->options.buffer_kib > kib)
		msg_warning("each CPU's buffer of %s has %llu KiB: subbufs= of the module makes it larger",
			    capture->session.tap, kib);
}

static void watch_clock(struct capture *capture)
{
	capture->watch = clock_watch();
	if (capture->watch < 0)
		msg_warning("cannot watch the wall clock: %s", strerror(errno));
}

/* Going on in a file is no overwriting. Return: 0, or -1 after a complaint. */
static int open_storage(struct capture *capture)
{
	const char *path = capture->options.path;
	unsigned int how = 0;

	if (capture->options.no_clobber && !journal_means(&capture->unfinished, path))
		how = STORAGE_KEEP;
	return storage_open(&capture->session.storage, path, how);
}

/*
 * The door is open: a file is made anew only by whoever is the tap's reader. Return: whether there
 * is an output.
 */
static bool prepare(struct capture *capture)
{
	struct capture_options *options = &capture->options;

	capture->status = EXIT_FAILED;
	if (choose(capture) ||
	    session_settle(&capture->session, &options->scheduling, &options->privileges) ||
	    count_left_over(capture))
		return false;
	capture->status = EXIT_OUTPUT;
	if (open_storage(capture))
		return false;
	if (choose_place(capture)) {
		storage_close(&capture->session.storage);
		return false;
	}
	capture->status = EXIT_OK;
	return true;
}

static int run_capture(struct capture *capture)
{
	struct session *session = &capture->session;
	bool is_open;

	if (capture->options.list)
		return list_taps();
	capture->status = session_open(session, capture->options.tap, false);
	if (capture->status)
		return capture->status;
	is_open = prepare(capture);
	if (is_open) {
		session->storage.give_up = impatient;
		session->storage.waiter = capture;
		sizing_warn(&session->relay.geometry, &session->storage);
		if (session->relay.stamped)
			sizing_warn_of_sorting(&session->relay.geometry);
		compare_buffers(capture);
		tell_left_over(capture);
		capture_to_storage(capture);
	}
	session_close(session);
	if (is_open)
		end_storage(capture);
	return capture->status;
}

/**
 * softtap_capture - the subcommand capture
 * @argc: as for main(), without "softtap"
 * @argv: as for main()
 *
 * Return: the exit status.
 */
int softtap_capture(int argc, char **argv)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int status;

	if (!capture) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	status = capture_options_parse(argc, argv, &capture->options);
	if (status) {
		free(capture);
		return status < 0 ? EXIT_USAGE : EXIT_OK;
	}
	signals_catch(SIGUSR1);
	watch_clock(capture);
	status = run_capture(capture);
	pcap_freecode(&capture->options.program);
	free(capture);
	return status;
}
