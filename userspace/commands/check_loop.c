// SPDX-License-Identifier: GPL-2.0
/*
 * softtap check --loop A B: sends frames from one port to the other over the cable that connects
 * them, and tells what arrives.
 *
 * The ports are prepared as softtap up does it, and put back; what they were like is kept as there,
 * so that softtap down puts them back if this is killed.
 */
#include <errno.h>
#include <net/if.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/check_loop.h"
#include "host/admission.h"
#include "host/ethtool.h"
#include "host/names.h"
#include "host/port.h"
#include "host/state.h"
#include "loop/report.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/paths.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define LINK_SECONDS	15	/* autonegotiation takes up to 5 */
#define CONNECTED_TRIES	4
#define QUANTA_BITS	(65535 * 512ULL)	/* of the longest PAUSE */
#define COLUMN_GROUP	18
#define COLUMN_FRAMES	17
#define COLUMN_WAY	22
#define COLUMNS		80

static const struct {
	unsigned int frames;
	unsigned int len;
} bursts[LOOP_BURSTS] = { { 4000, 60 }, { 2000, 1514 } };

/**
 * struct loop - two ports and the cable between them
 * @links: the ports
 * @ends: where frames go out and come in
 * @mtu: the smaller one
 * @trial: number of the next
 * @speed: Mb/s, 0 if it is not known
 * @drivers: their names
 * @firmware: their firmware, as the drivers tell
 * @report: what was found
 */
struct loop {
	struct link links[2];
	struct loop_end ends[2];
	unsigned int mtu;
	unsigned int trial;
	unsigned int speed;
	char drivers[2][ETHTOOL_TEXT];
	char firmware[2][ETHTOOL_TEXT];
	struct loop_report report;
};

/* --- The ports -------------------------------------------------------------------------------- */

static bool has_link(struct link *link)
{
	const unsigned int up = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;

	return !link_by_index(link, link->ifindex) && (link->flags & up) == up;
}

/* Many a driver restarts its link for a new MTU. */
static int wait_for_links(struct loop *loop)
{
	int tries;

	for (tries = 0; tries < LINK_SECONDS * 20; tries++) {
		if (has_link(&loop->links[0]) && has_link(&loop->links[1]))
			return 0;
		if (signals_pending()) {
			msg_error("interrupted");
			return -EINTR;
		}
		usleep(50000);
	}
	msg_error("%s has no link: are the ports connected?",
		  loop->links[has_link(&loop->links[0])].ifname);
	return -ENOTCONN;
}

/* An address that is no more than a link's own is no use of the port. */
static bool is_wide(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);

	return address->ifa_scope < RT_SCOPE_LINK;
}

static int check_addresses(const struct state *state, bool force)
{
	unsigned int i;
	size_t j;

	for (i = 0; i < state->n_ports && !force; i++) {
		const struct nl_list *addresses = &state->ports[i].l3.tables[L3_ADDRESSES];

		for (j = 0; j < addresses->n; j++) {
			if (!is_wide(addresses->messages[j]))
				continue;
			msg_error("%s carries addresses and routes; --force tests it all the same",
				  state->ports[i].ifname);
			return -EBUSY;
		}
	}
	return 0;
}

static int prepare(struct loop *loop, struct state *state)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < 2 && !err; i++)
		err = port_prepare(&state->ports[i]);
	for (i = 0; i < 2 && !err; i++)
		err = port_start(&state->ports[i]);
	if (!err)
		err = wait_for_links(loop);
	for (i = 0; i < 2 && !err; i++)
		err = loop_end_open(&loop->ends[i], &loop->links[i]);
	return err;
}

static int restore(struct state *state)
{
	int err = ports_restore(state);

	if (err)
		msg_error("the ports are not as they were yet: softtap down tries again");
	else
		err = state_remove(&state->key);
	return err;
}

/* --- Trials ----------------------------------------------------------------------------------- */

static int parse_address(unsigned char address[ETH_ALEN], const char *text)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &address[0], &address[1], &address[2],
		      &address[3], &address[4], &address[5]) == ETH_ALEN ? 0 : -EINVAL;
}

/* @way is 0 from a to b, 1 from b to a. */
static void start_trial(struct loop *loop, struct trial *trial, struct probes *probes, int way)
{
	*probes = (struct probes){ .trial = loop->trial++ % PROBE_TRIALS };
	parse_address(probes->addresses[0], loop->links[way].address);
	parse_address(probes->addresses[1], loop->links[!way].address);
	*trial = (struct trial){
		.from = &loop->ends[way],
		.to = &loop->ends[!way],
		.probes = probes,
	};
}

/* Frames that only tell which they are. */
struct marks {
	unsigned int n;
	unsigned int len;
};

/* Has both ports send such frames, and does with them what @try does. */
static int with_marks(struct loop *loop, struct marks marks,
		      int (*try)(struct loop *loop, struct trial *trial, int way, void *data),
		      void *data)
{
	struct probes probes;
	struct trial trial;
	int err, way;

	for (way = 0, err = 0; way < 2 && !err; way++) {
		start_trial(loop, &trial, &probes, way);
		err = probes_add_marks(&probes, marks.n, marks.len);
		if (!err)
			err = try(loop, &trial, way, data);
		trial_free(&trial);
		probes_free(&probes);
	}
	return err;
}

static int try_connection(struct loop *loop, struct trial *trial, int way, void *data)
{
	(void)data;
	if (trial_connected(trial))
		return 0;
	msg_error("nothing that leaves %s arrives at %s: are they connected?",
		  loop->links[way].ifname, loop->links[!way].ifname);
	return -ENOTCONN;
}

typedef int (*filler)(struct probes *probes, unsigned int mtu);

static int fill_short(struct probes *probes, unsigned int mtu)
{
	(void)mtu;
	return probes_add_short(probes);
}

static int run_one(struct loop *loop, struct trial *trial, struct probes *probes, int way,
		   filler fill, bool fcs)
{
	int err;

	start_trial(loop, trial, probes, way);
	trial->fcs = fcs;
	err = fill(probes, loop->mtu);
	return err ? err : trial_run(trial);
}

static int run_usual(struct loop *loop)
{
	struct probes probes[2] = { };
	struct trial trials[2] = { };
	int err, way;

	for (way = 0, err = 0; way < 2 && !err; way++)
		err = run_one(loop, &trials[way], &probes[way], way, probes_add_usual, false);
	if (!err)
		err = loop_report_trial(&loop->report, trials);
	for (way = 0; way < 2; way++) {
		trial_free(&trials[way]);
		probes_free(&probes[way]);
	}
	return err;
}

static int try_delays(struct loop *loop, struct trial *trial, int way, void *data)
{
	(void)data;
	return trial_delays(trial, &loop->report.delays[way]);
}

static int try_burst(struct loop *loop, struct trial *trial, int way, void *data)
{
	return trial_burst(trial, &loop->report.bursts[way][*(unsigned int *)data]);
}

/* Frames that go one way wait if the port that gets them tells the one that sends to. */
static int try_pauses(struct loop *loop, struct trial *trial, int way, void *data)
{
	bool *pauses = data;

	pauses[!way] = trial_pauses(trial, &loop->report.delays[way],
				    QUANTA_BITS * 1000 / (loop->speed ? loop->speed : 1000));
	return 0;
}

static int run_delays(struct loop *loop)
{
	int err = with_marks(loop, (struct marks){ TRIAL_DELAYS, ETH_ZLEN }, try_delays, NULL);

	return err ? err : loop_report_delays(&loop->report);
}

static int run_burst(struct loop *loop, unsigned int which)
{
	int err = with_marks(loop, (struct marks){ bursts[which].frames, bursts[which].len },
			     try_burst, &which);

	return err ? err : loop_report_burst(&loop->report, which);
}

static int run_pauses(struct loop *loop)
{
	bool pauses[2] = { };
	int err = with_marks(loop, (struct marks){ 1, ETH_ZLEN }, try_pauses, pauses);

	return err ? err : loop_report_pauses(&loop->report, pauses);
}

/* --- Frames that no driver hands up by itself ------------------------------------------------- */

static bool can_switch(const struct pairs *features, const char *name)
{
	const char *value = pairs_get(features, name);

	return value && !strstr(value, "[fixed]");
}

/* Both or none. Return: whether broken frames arrive from now on, with their FCS */
static bool see_broken(const struct link *link, bool on)
{
	struct pairs changes = { };
	struct pairs features = { };
	bool sees = false;

	if (!ethtool_read_features(&features, link->ifname) && can_switch(&features, "rx-all") &&
	    can_switch(&features, "rx-fcs") &&
	    !pairs_add(&changes, "rx-all", on ? "on" : "off") &&
	    !pairs_add(&changes, "rx-fcs", on ? "on" : "off"))
		sees = !ethtool_write_features(&changes, link->ifname) && on;
	pairs_free(&changes);
	pairs_free(&features);
	return sees;
}

#define ODD_TRIALS	3

static const filler odd[ODD_TRIALS] = { probes_add_long, fill_short, probes_add_broken };

/* With a larger MTU where frames leave, and broken ones handed up where they arrive. */
static int run_odd_way(struct loop *loop, struct trial trials[ODD_TRIALS][2],
		       struct probes probes[ODD_TRIALS][2], int way)
{
	unsigned int largest = PROBE_LONGEST - ETH_HLEN;
	unsigned int mtu = loop->links[way].mtu;
	bool sees;
	int i, err;

	if (loop->links[way].max_mtu && largest > loop->links[way].max_mtu)
		largest = loop->links[way].max_mtu;
	err = largest > mtu ? link_set_mtu(&loop->links[way], largest) : 0;
	if (!err)
		err = wait_for_links(loop);
	if (!err)
		err = run_one(loop, &trials[0][way], &probes[0][way], way, odd[0], false);
	if (err)
		return err;
	sees = see_broken(&loop->links[!way], true);
	err = wait_for_links(loop);
	for (i = 1; i < ODD_TRIALS && !err; i++)
		err = run_one(loop, &trials[i][way], &probes[i][way], way, odd[i], sees);
	if (sees)
		see_broken(&loop->links[!way], false);
	if (!err && largest > mtu)
		err = link_set_mtu(&loop->links[way], mtu);
	return err ? err : wait_for_links(loop);
}

static int run_odd(struct loop *loop)
{
	struct probes probes[ODD_TRIALS][2] = { };
	struct trial trials[ODD_TRIALS][2] = { };
	int i, err, way;

	for (way = 0, err = 0; way < 2 && !err; way++)
		err = run_odd_way(loop, trials, probes, way);
	for (i = 0; i < ODD_TRIALS && !err; i++)
		err = loop_report_trial(&loop->report, trials[i]);
	for (i = 0; i < ODD_TRIALS; i++) {
		for (way = 0; way < 2; way++) {
			trial_free(&trials[i][way]);
			probes_free(&probes[i][way]);
		}
	}
	return err;
}

static void look_at_ports(struct loop *loop)
{
	char text[SYSFS_VALUE];
	int i;

	for (i = 0; i < 2; i++)
		ethtool_read_driver(loop->drivers[i], loop->firmware[i], loop->links[i].ifname);
	if (!read_value(text, sizeof(text), "%s/%s/speed", sysfs_net_root(),
			loop->links[0].ifname) && atoi(text) > 0)
		loop->speed = atoi(text);
}

static int run_all(struct loop *loop)
{
	unsigned int i;
	int err;

	look_at_ports(loop);
	err = with_marks(loop, (struct marks){ CONNECTED_TRIES, ETH_ZLEN }, try_connection, NULL);
	if (!err)
		err = run_usual(loop);
	if (!err)
		err = run_odd(loop);
	for (i = 0; i < LOOP_BURSTS && !err; i++)
		err = run_burst(loop, i);
	if (!err)
		err = run_delays(loop);
	return err ? err : run_pauses(loop);
}

/* --- Telling ---------------------------------------------------------------------------------- */

static enum finding_weight worst(const struct loop_report *report)
{
	enum finding_weight weight = FINDING_NOTE;
	size_t i;

	for (i = 0; i < report->n; i++)
		if (report->rows[i].weight > weight)
			weight = report->rows[i].weight;
	return weight;
}

static const char *const verdicts[] = {
	[FINDING_NOTE] = "transparent",
	[FINDING_BUT] = "transparent, but not for all of these frames",
	[FINDING_FAULT] = "not transparent",
};

static const char *const weights[] = {
	[FINDING_NOTE] = "note",
	[FINDING_BUT] = "but",
	[FINDING_FAULT] = "fault",
};

/* Several lines of them, below each other. */
static void print_wrapped(const char *frames)
{
	const size_t width = COLUMNS - COLUMN_GROUP - 3;

	while (strlen(frames) > width) {
		size_t part = width;

		while (part >= 2 && strncmp(frames + part - 2, ", ", 2))
			part--;
		if (part < 2)
			break;
		printf("%.*s\n%*s", (int)part - 1, frames, COLUMN_GROUP + 3, "");
		frames += part;
	}
	printf("%s", frames);
}

static void print_row(const struct loop_row *row)
{
	static const char marks[] = { [FINDING_NOTE] = ' ', [FINDING_BUT] = '~',
				      [FINDING_FAULT] = '!' };

	printf("%c %-*s ", marks[row->weight], COLUMN_GROUP, row->group);
	if (strlen(row->frames) > COLUMN_FRAMES) {
		print_wrapped(row->frames);
		printf("\n%*s", COLUMN_GROUP + COLUMN_FRAMES + 3, "");
	} else {
		printf("%-*s", COLUMN_FRAMES, row->frames);
	}
	printf(" %-*s %s\n", COLUMN_WAY, row->text[0], row->text[1]);
}

static void print_delays(const char *way, const struct loop_report *report, int i)
{
	const struct burst *burst = report->bursts[i];

	printf("%s: alone %.0f us, at most %.0f us; at once %.0f and %.0f Mb/s\n", way,
	       report->delays[i].median / 1e3, report->delays[i].longest / 1e3,
	       burst[0].ns ? burst[0].arrived * burst[0].len * 8e3 / burst[0].ns : 0,
	       burst[1].ns ? burst[1].arrived * burst[1].len * 8e3 / burst[1].ns : 0);
}

static void print_text(const struct loop *loop)
{
	const struct loop_report *report = &loop->report;
	size_t i;

	printf("A is %s (%s), B is %s (%s)\n\n", msg_printable(loop->links[0].ifname),
	       loop->drivers[0], msg_printable(loop->links[1].ifname), loop->drivers[1]);
	printf("  %-*s %-*s %-*s %s\n", COLUMN_GROUP, "", COLUMN_FRAMES, "frames", COLUMN_WAY,
	       "A to B", "B to A");
	for (i = 0; i < report->n; i++)
		print_row(&report->rows[i]);
	printf("\n");
	print_delays("A to B", report, 0);
	print_delays("B to A", report, 1);
	printf("This pair of ports is %s.\n", verdicts[worst(report)]);
}

static struct json_object *row_json(const struct loop_row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "group", row->group);
	json_add_text(object, "frames", *row->frames ? row->frames : NULL);
	json_add_number(object, "count", row->n);
	json_add_text(object, "a_to_b", row->text[0]);
	json_add_text(object, "b_to_a", row->text[1]);
	json_add_text(object, "weight", weights[row->weight]);
	return object;
}

static struct json_object *burst_json(const struct burst *burst)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "frames", burst->frames);
	json_add_number(object, "bytes", burst->len);
	json_add_number(object, "arrived", burst->arrived);
	json_add_number(object, "not_looked_at", burst->missed);
	json_add_number(object, "overtaken", burst->late);
	json_add_number(object, "twice", burst->twice);
	json_add_number(object, "ns", burst->ns);
	return object;
}

static struct json_object *measured_json(const struct loop_report *report, int way)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	json_add_number(object, "delay_median_ns", report->delays[way].median);
	json_add_number(object, "delay_longest_ns", report->delays[way].longest);
	for (i = 0; i < LOOP_BURSTS; i++)
		json_object_array_add(list, burst_json(&report->bursts[way][i]));
	json_add(object, "bursts", list);
	json_add_number(object, "frames_of_others", report->foreign[way]);
	return object;
}

static struct json_object *port_json(const struct loop *loop, int i)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "driver", loop->drivers[i]);
	json_add_text(object, "firmware", *loop->firmware[i] ? loop->firmware[i] : NULL);
	json_add_number(object, "mtu", loop->links[i].mtu);
	return object;
}

/* Neither names nor addresses: it can be given to others. What varies comes last. */
static struct json_object *report_json(const struct loop *loop)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct utsname system = { };
	size_t i;

	uname(&system);
	json_add_number(object, "schema", JSON_SCHEMA);
	json_add_text(object, "softtap", SOFTTAP_VERSION);
	json_add_text(object, "kernel", system.release);
	json_add(object, "a", port_json(loop, 0));
	json_add(object, "b", port_json(loop, 1));
	json_add(object, "megabits_per_second",
		 loop->speed ? json_object_new_uint64(loop->speed) : NULL);
	for (i = 0; i < loop->report.n; i++)
		json_object_array_add(list, row_json(&loop->report.rows[i]));
	json_add(object, "results", list);
	json_add_text(object, "verdict", verdicts[worst(&loop->report)]);
	json_add(object, "measured_a_to_b", measured_json(&loop->report, 0));
	json_add(object, "measured_b_to_a", measured_json(&loop->report, 1));
	return object;
}

static int save(struct json_object *object, const char *file)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_SPACED);
	FILE *out = fopen(file, "we");
	bool failed = !out || fprintf(out, "%s\n", text) < 0;

	if (out && fclose(out))
		failed = true;
	if (failed)
		msg_error("%s: %s", file, strerror(errno));
	return failed ? EXIT_OUTPUT : EXIT_OK;
}

static int tell(const struct loop *loop, const struct loop_options *options)
{
	static const int statuses[] = {
		[FINDING_NOTE] = EXIT_OK,
		[FINDING_BUT] = EXIT_NEARLY,
		[FINDING_FAULT] = EXIT_NOT_TRANSPARENT,
	};
	struct json_object *object = report_json(loop);
	int status = options->save ? save(object, options->save) : EXIT_OK;

	if (options->json) {
		json_print(object);
	} else {
		print_text(loop);
		json_object_put(object);
	}
	return status ? status : statuses[worst(&loop->report)];
}

/* --- The command ------------------------------------------------------------------------------ */

/* With several, frames of several flows may overtake each other. */
static bool can_have_one_queue(const char *ifname)
{
	struct pairs channels = { };
	bool can = !ethtool_read(&channels, &ethtool_channels, ifname);

	pairs_free(&channels);
	return can;
}

static int loop_locked(struct loop *loop, const char *ifnames[2],
		       const struct loop_options *options)
{
	const struct port_wishes wishes = {
		.verb = "tests",
		.force = options->force,
		.queues = can_have_one_queue(ifnames[0]) && can_have_one_queue(ifnames[1]),
	};
	struct state state = { };
	int i, err;

	err = ports_read(&state, 2, ifnames, &wishes);
	if (!err)
		err = check_addresses(&state, options->force);
	for (i = 0; i < 2 && !err; i++) {
		err = link_by_index(&loop->links[i], state.ports[i].ifindex);
		if (err)
			msg_error("%s: %s", ifnames[i], strerror(-err));
		state.ports[i].mtu = loop->links[i].mtu;
	}
	loop->mtu = loop->links[loop->links[1].mtu < loop->links[0].mtu].mtu;
	if (!err)
		err = state_save(&state);
	if (!err) {
		err = prepare(loop, &state);
		if (!err)
			err = run_all(loop);
		for (i = 0; i < 2; i++)
			loop_end_close(&loop->ends[i]);
		if (restore(&state) && !err)
			err = -EIO;
	}
	state_free(&state);
	return err;
}

/**
 * check_loop - try what two ports do to frames
 * @a: name of one
 * @b: name of the other, which a cable connects with it
 * @options: how
 *
 * Return: an exit status: %EXIT_OK for ports that are transparent
 */
int check_loop(const char *a, const char *b, const struct loop_options *options)
{
	struct loop loop = { .ends = { { .fd = -1, .last = -1 }, { .fd = -1, .last = -1 } } };
	struct link links[2];
	const char *ifnames[2];
	int status;

	ifnames[0] = port_name(&links[0], a);
	ifnames[1] = port_name(&links[1], b);
	if (!strcmp(ifnames[0], ifnames[1])) {
		msg_error("%s twice: a loop is between two different ports", a);
		return EXIT_USAGE;
	}
	signals_hold();
	status = state_lock();
	if (status)
		return status;
	status = loop_locked(&loop, ifnames, options) ? EXIT_FAILED : tell(&loop, options);
	loop_report_free(&loop.report);
	return status;
}
