// SPDX-License-Identifier: GPL-2.0
/* softtap up: prepares two ports and puts the tap between them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "host/admission.h"
#include "host/link.h"
#include "host/names.h"
#include "host/placement.h"
#include "host/port.h"
#include "host/repair.h"
#include "host/stamping.h"
#include "host/state.h"
#include "host/teardown.h"
#include "tap/counters.h"
#include "tap/module.h"
#include "lib/message.h"
#include "lib/options.h"
#include "lib/paths.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define STAMPING_REASON	(STAMPING_TEXT + LINK_NAME)	/* bytes */
#define CLOCK_TRIES	20	/* a clock is known after three readings, 60 ms apart */
#define CLOCK_PAUSE	50000	/* us */

/**
 * struct wishes - the command line
 * @ports: of the ports
 * @placement: which CPUs do what
 * @link_follow: have one port's link go down with the other's
 * @bad_frames: what is to become of frames that arrive broken, NULL for what the module says
 * @tstamp: which times frames are to have, NULL for what the module says
 */
struct wishes {
	struct port_wishes ports;
	struct placement placement;
	bool link_follow;
	const char *bad_frames;
	const char *tstamp;
};

static bool is_name(const char *ifname)
{
	struct link link;

	if (!*ifname || strpbrk(ifname, ":,/ \t\n") || !strcmp(ifname, ".") ||
	    !strcmp(ifname, "..")) {
		msg_error("`%s' cannot be the name of a port", ifname);
		return false;
	}
	if (strlen(ifname) < IF_NAMESIZE || !link_by_name(&link, ifname))
		return true;
	msg_error("`%s' is too long for the name of a port, which has %d characters at most",
		  ifname, IF_NAMESIZE - 1);
	return false;
}

/* Other devices on the link may send what fits on one side only. */
static void compare_mtus(const struct state *state)
{
	char a[SYSFS_VALUE], b[SYSFS_VALUE];

	if (state->n_ports < 2 ||
	    read_value(a, sizeof(a), "%s/%s/mtu", sysfs_net_root(), state->ports[0].ifname) ||
	    read_value(b, sizeof(b), "%s/%s/mtu", sysfs_net_root(), state->ports[1].ifname) ||
	    !strcmp(a, b))
		return;
	msg_warning("%s has an MTU of %s, %s of %s: longer frames are dropped on their way to the smaller one",
		    state->ports[0].ifname, a, state->ports[1].ifname, b);
}

/* --- Up -------------------------------------------------------------------------------------- */

static int stop_if_asked(void)
{
	if (!signals_pending())
		return 0;
	msg_error("interrupted");
	return -EINTR;
}

static int for_ports(const struct state *state, int (*step)(const struct port_state *port))
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < state->n_ports && !err; i++) {
		err = stop_if_asked();
		if (!err)
			err = step(&state->ports[i]);
	}
	return err;
}

/* Of the tap, unless @value is NULL. */
static int choose(const struct state *state, const char *setting, const char *value)
{
	struct tap tap;

	if (!value)
		return 0;
	if (tap_with_port(&tap, state->ports[0].ifname))
		return tap_set(tap.name, setting, value);
	msg_error("%s: the tap is gone", state->key.name);
	return -ENODEV;
}

/*
 * The tap comes first: daemons react to links that go down and come, and from then on its guard
 * holds what they have to say.
 */
static int make_tap(const struct state *state, const struct wishes *wishes)
{
	int err;

	err = stop_if_asked();
	if (!err)
		err = tap_create(state->key.name);
	if (!err)
		err = choose(state, "bad_frames", wishes->bad_frames);
	if (!err)
		err = choose(state, "tstamp", wishes->tstamp);
	if (!err)
		err = for_ports(state, port_prepare);
	return err ? err : for_ports(state, port_start);
}

/*
 * Of ports that are up: many a driver has no interrupts before. What they were is on its way to the
 * disk before they are changed. Of those whose bit is set.
 */
static int place_interrupts(struct state *state, unsigned int which, const cpu_set_t *cpus)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < state->n_ports && !err; i++)
		if (which & 1U << i)
			err = interrupts_read(&state->ports[i].interrupts, state->ports[i].ifname);
	if (!err)
		err = state_save(state);
	for (i = 0; i < state->n_ports && !err; i++) {
		const struct port_state *port = &state->ports[i];

		if (!(which & 1U << i))
			continue;
		err = interrupts_place(&port->interrupts, port->ifname, cpus);
		if (!err && !port->interrupts.affinities.n)
			msg_warning("%s has no interrupts: its frames are received where they are sent",
				    port->ifname);
	}
	return err;
}

static int make_placed_tap(struct state *state, const struct wishes *wishes)
{
	const struct placement *placement = &wishes->placement;
	int err;

	err = placement_save(placement, &state->key);
	if (!err)
		err = make_tap(state, wishes);
	if (!err && CPU_COUNT(&placement->rx))
		err = place_interrupts(state, ~0U, &placement->rx);
	/* Last: ports come up one after the other. */
	return err ? err : choose(state, "link_follow", wishes->link_follow ? "1" : NULL);
}

/* --- Times of the cards ---------------------------------------------------------------------- */

/* Can all ports do it? Return: 0, or -EOPNOTSUPP, and @why has the reason. */
static int check_stamping(const struct state *state, char why[STAMPING_REASON])
{
	char what[STAMPING_TEXT];
	unsigned int i;

	for (i = 0; i < state->n_ports; i++) {
		if (stamping_can(what, state->ports[i].ifname))
			continue;
		snprintf(why, STAMPING_REASON, "%s %s", state->ports[i].ifname, what);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* What auto comes to; nothing is changed yet. Return: 0, or a negative errno after a complaint. */
static int choose_stamping(struct state *state, struct wishes *wishes)
{
	char why[STAMPING_REASON];
	unsigned int i;

	if (!wishes->tstamp || !strcmp(wishes->tstamp, "sw"))
		return 0;
	if (check_stamping(state, why)) {
		if (!strcmp(wishes->tstamp, "hw")) {
			msg_error("--tstamp hw: %s: --tstamp sw has the software's times", why);
			return -EOPNOTSUPP;
		}
		msg_warning("--tstamp auto: %s: times are the software's", why);
		wishes->tstamp = "sw";
		return 0;
	}
	wishes->tstamp = "hw";
	for (i = 0; i < state->n_ports; i++)
		state->ports[i].stamping.wanted = true;
	return 0;
}

static bool clocks_are_known(const struct state *state)
{
	struct tap tap;
	unsigned int i;

	if (!tap_with_port(&tap, state->ports[0].ifname))
		return true;
	for (i = 0; i < tap.n_ports; i++)
		if (!strspn(tap.ports[i].clock_error, "0123456789"))
			return false;
	return true;
}

/* That takes some readings of each. What has no link yet may have no clock that runs. */
static void await_clocks(const struct state *state, const struct wishes *wishes)
{
	int tries;

	if (!wishes->tstamp || strcmp(wishes->tstamp, "hw"))
		return;
	for (tries = 0; !clocks_are_known(state); tries++) {
		if (tries == CLOCK_TRIES) {
			msg_warning("a card's clock cannot be read yet: until then times are the software's");
			return;
		}
		usleep(CLOCK_PAUSE);
	}
}

static void undo(struct state *state)
{
	bool restored;

	if (teardown(state, false, &restored) || !restored)
		msg_error("the ports are not as they were yet: softtap down tries again");
	else if (!state_remove(&state->key))
		msg_error("the ports are as they were");
}

static void report(const struct state *state)
{
	struct tap tap;

	if (!tap_with_port(&tap, state->ports[0].ifname))
		printf("up: %s\n", state->key.name);
	else if (state->n_ports > 1)
		printf("%s is up between %s and %s\n", tap.name, state->ports[0].ifname,
		       state->ports[1].ifname);
	else
		printf("%s is up on %s, listening only\n", tap.name, state->ports[0].ifname);
}

/* --- Again ----------------------------------------------------------------------------------- */

/* Is there a tap that softtap up has made between just these? */
static bool find_own(struct tap *tap, struct state_key *key, int n, const char **ifnames)
{
	state_key(key, ifnames[0], n > 1 ? ifnames[1] : NULL);
	return state_exists(key) && tap_with_port(tap, ifnames[0]) &&
	       (int)tap->n_ports == n && !strcmp(tap->ports[0].ifname, ifnames[0]) &&
	       (n < 2 || !strcmp(tap->ports[1].ifname, ifnames[1]));
}

static int repair(struct state *state, const struct tap *tap)
{
	struct placement placement;
	unsigned int i, repaired;
	int err;

	err = ports_repair(state, &repaired);
	if (err)
		return EXIT_FAILED;
	if (!repaired) {
		msg_error("%s is a port of %s already", state->ports[0].ifname, tap->name);
		return EXIT_FAILED;
	}
	placement_load(&placement, tap);
	if (CPU_COUNT(&placement.rx) && place_interrupts(state, repaired, &placement.rx))
		return EXIT_FAILED;
	for (i = 0; i < state->n_ports; i++)
		if (repaired & 1U << i)
			printf("%s: %s is prepared again\n", tap->name, state->ports[i].ifname);
	return EXIT_OK;
}

static int repair_own(const struct state_key *key, const struct tap *tap)
{
	struct state state;
	int status;

	if (state_load(&state, key))
		return EXIT_FAILED;
	status = repair(&state, tap);
	state_free(&state);
	return status;
}

static int up_locked(int n, const char **ifnames, struct wishes *wishes)
{
	struct state state = { };
	struct state_key key;
	struct tap tap;
	int err;

	if (find_own(&tap, &key, n, ifnames))
		return repair_own(&key, &tap);
	err = ports_read(&state, n, ifnames, &wishes->ports);
	if (!err)
		err = choose_stamping(&state, wishes);
	if (!err)
		compare_mtus(&state);
	if (!err)
		err = state_save(&state);
	if (!err) {
		err = make_placed_tap(&state, wishes);
		if (err) {
			undo(&state);
		} else {
			await_clocks(&state, wishes);
			report(&state);
		}
	}
	state_free(&state);
	return err ? EXIT_FAILED : EXIT_OK;
}

static int take_cpus(const struct option_row *row, const char *value, void *options)
{
	struct wishes *wishes = options;

	(void)row;
	return placement_parse(&wishes->placement, value);
}

/* drop, record or pass, or two of them, for frames from port a and from port b. */
static bool is_bad_frames(const char *value)
{
	static const char *const words[] = { "drop", "record", "pass" };
	char both[SYSFS_VALUE];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(value, words[i]))
			return true;
		for (j = 0; j < ARRAY_SIZE(words); j++) {
			snprintf(both, sizeof(both), "%s:%s", words[i], words[j]);
			if (!strcmp(value, both))
				return true;
		}
	}
	return false;
}

static int take_bad_frames(const struct option_row *row, const char *value, void *options)
{
	struct wishes *wishes = options;

	wishes->bad_frames = value;
	if (is_bad_frames(value))
		return 0;
	msg_error("%s %s: must be drop, record or pass, or two of these as pass:record",
		  option_label(row), value);
	return -1;
}

static int take_word(const struct option_row *row, const char *value, const char *word,
		     const char *other, bool *is)
{
	*is = !strcmp(value, word);
	if (*is || !strcmp(value, other))
		return 0;
	msg_error("%s %s: must be %s or %s", option_label(row), value, word, other);
	return -1;
}

static int take_tstamp(const struct option_row *row, const char *value, void *options)
{
	struct wishes *wishes = options;

	wishes->tstamp = value;
	if (!strcmp(value, "hw") || !strcmp(value, "sw") || !strcmp(value, "auto"))
		return 0;
	msg_error("%s %s: must be hw, sw or auto", option_label(row), value);
	return -1;
}

static int take_rings(const struct option_row *row, const char *value, void *options)
{
	return take_word(row, value, "keep", "max", &((struct wishes *)options)->ports.keep_rings);
}

static int take_latency(const struct option_row *row, const char *value, void *options)
{
	return take_word(row, value, "low", "keep", &((struct wishes *)options)->ports.low_latency);
}

static const struct option_row rows[] = {
	OPTION_NUMBER(0, "queues", "N", struct wishes, ports.queues, "queues", 1, 65536,
		      "give each port N queues; with 1, frames leave in the order in which "
		      "they came over the whole link, not within a queue only"),
	OPTION_CALL(0, "cpus", "PLACES", take_cpus,
		    "processors by what they are for, as rx=0-1,reader=2,post=3: the ports' "
		    "interrupts, softtap capture, what softtap post starts"),
	OPTION_CALL(0, "bad-frames", "HOW", take_bad_frames,
		    "what becomes of frames that arrive broken: drop (the default), record, or "
		    "pass, which sends them on as they came; two, as pass:record, are for frames "
		    "from PORT-A and from PORT-B"),
	OPTION_CALL(0, "tstamp", "WHOSE", take_tstamp,
		    "times of frames: sw (the default), when the kernel takes them; hw, when they "
		    "arrived, by the clock of a card that stamps all frames; auto, hw if both "
		    "ports can do it"),
	OPTION_CALL(0, "rings", "HOW", take_rings,
		    "max (the default) makes the ports' rings as large as they can be, keep leaves "
		    "them as they are"),
	OPTION_CALL(0, "latency", "HOW", take_latency,
		    "low has the ports interrupt at each frame, keep (the default) as they did"),
	OPTION_FLAG(0, "link-follow", struct wishes, link_follow,
		    "set one port down while the other has no link, as a cable that is cut "
		    "is dead at both ends"),
	OPTION_FLAG(0, "force", struct wishes, ports.force,
		    "also a port with the default route, a login session over it, or a qdisc "
		    "of your own, which then stays"),
	OPTION_VERBOSE,
};

static const struct command_line line = {
	.name = "up",
	.synopsis = "[OPTION]... PORT-A [PORT-B]",
	.about = "Prepares two ports and puts the tap between them, or on one to listen "
		 "only. On the ports: no address, no IPv6, no offload that changes frames, "
		 "no flow control, no EEE, a qdisc that keeps their order, and none that is "
		 "chosen by CPU. `softtap "
		 "down' puts everything back as it was. Run again, it prepares a port that "
		 "was plugged in again. The module is loaded if it is not: "
		 "the file $SOFTTAP_KO, or what modprobe finds.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/* "eth1:eth2", as the module and softtap down have it, is two words. */
static int split(char pair[2 * LINK_NAME], const char **ifnames, const char *words[2])
{
	char *colon;

	snprintf(pair, 2 * LINK_NAME, "%s", ifnames[0]);
	colon = strchr(pair, ':');
	words[0] = pair;
	if (!colon)
		return 1;
	*colon = '\0';
	words[1] = colon + 1;
	return 2;
}

static int up(int n, const char **ifnames, struct wishes *wishes)
{
	struct link links[2];
	int i, status;

	if (n < 1 || n > 2)
		return options_complain(&line,
					"give the names of two ports, or of one to listen only");
	for (i = 0; i < n; i++)
		if (!is_name(ifnames[i]))
			return EXIT_USAGE;
	for (i = 0; i < n; i++)
		ifnames[i] = port_name(&links[i], ifnames[i]);
	if (n == 2 && !strcmp(ifnames[0], ifnames[1])) {
		msg_error("%s twice: a tap is between two different ports", ifnames[0]);
		return EXIT_USAGE;
	}
	signals_hold();
	status = state_lock();
	return status ? status : up_locked(n, ifnames, wishes);
}

/**
 * softtap_up - the subcommand up
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_up(int argc, char **argv)
{
	struct wishes wishes = { .ports.verb = "taps" };
	char pair[2 * LINK_NAME];
	const char *two[2];
	int words = options_parse(&line, argc, argv, &wishes);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (argc - words == 1)
		return up(split(pair, (const char **)argv + words, two), two, &wishes);
	return up(argc - words, (const char **)argv + words, &wishes);
}
