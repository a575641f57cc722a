// SPDX-License-Identifier: GPL-2.0
/*
 * What softtap up keeps of the ports, so that softtap down can put it back: a text file for each
 * tap in /run/softtap/ports (or $SOFTTAP_RUN/ports), named after its ports and their network
 * namespace. It is complete and on its way to the disk before anything is changed, and goes when
 * everything is as it was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/placement.h"
#include "host/state.h"
#include "tap/counters.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/paths.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/util.h"

#define LOCK_SECONDS	30	/* the longest an up or down takes that is not stuck */

static const char first_line[] = "softtap state 2";
static const char last_line[] = "end";

static const char *const table_names[N_L3_TABLES] = {
	[L3_ADDRESSES]	= "address",
	[L3_NEIGHBOURS]	= "neighbour",
	[L3_NEXTHOPS]	= "nexthop",
	[L3_ROUTES]	= "route",
};

#define PAIRS_OF(member) offsetof(struct port_state, member)

/* Settings by name, and where they are kept. */
static const struct {
	const char *key;
	size_t offset;
} pairs_kinds[] = {
	{ "feature", PAIRS_OF(features) },
	{ "sysctl", PAIRS_OF(sysctls) },
	{ "channel", PAIRS_OF(queues.channels) },
	{ "steering", PAIRS_OF(queues.steering) },
	{ "pause", PAIRS_OF(nic.pause) },
	{ "eee", PAIRS_OF(nic.eee) },
	{ "ring", PAIRS_OF(nic.rings) },
	{ "coalescing", PAIRS_OF(nic.coalescing) },
	{ "flag", PAIRS_OF(nic.flags) },
	{ "interrupt", PAIRS_OF(interrupts.affinities) },
	{ "banned", PAIRS_OF(interrupts.banned) },
};

static struct pairs *pairs_of(const struct port_state *port, size_t kind)
{
	return (struct pairs *)((char *)port + pairs_kinds[kind].offset);
}

/**
 * state_key - name the state of a tap of this network namespace
 * @key: set
 * @a: name of the first port
 * @b: of the second one; empty or NULL for a listen-only tap
 */
void state_key(struct state_key *key, const char *a, const char *b)
{
	bool both = b && *b;

	snprintf(key->name, PAIR_NAME, "%.15s%s%.15s", a, both ? ":" : "", both ? b : "");
	key->netns = netns_self();
}

/**
 * state_has_port - is it a state of a port of that name
 * @key: of the state
 * @ifname: name of the port, in the state's network namespace
 *
 * Return: whether it is.
 */
bool state_has_port(const struct state_key *key, const char *ifname)
{
	size_t length = strcspn(key->name, ":");

	return (strlen(ifname) == length && !strncmp(key->name, ifname, length)) ||
	       (key->name[length] && !strcmp(key->name + length + 1, ifname));
}

/**
 * state_file - how a tap's files are called
 * @file: gets it, %STATE_FILE bytes at most: "eth1:eth2@4026531840"
 * @key: which tap
 */
void state_file(char *file, const struct state_key *key)
{
	path_escape(file, key->name);
	sprintf(file + strlen(file), "@%llu", key->netns);
}

static int parse_file(struct state_key *key, const char *file)
{
	const char *at = strchr(file, '@');
	char escaped[STATE_FILE];

	if (!at || at - file >= (int)sizeof(escaped) ||
	    parse_number(at + 1, 0, ~0ULL, &key->netns))
		return -1;
	snprintf(escaped, sizeof(escaped), "%.*s", (int)(at - file), file);
	return path_unescape(key->name, sizeof(key->name), escaped);
}

/**
 * state_clock - a clock that nobody sets
 *
 * Return: seconds since the machine was started
 */
long state_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* Ports' names are among themselves, whatever they are. */
static void path_of(char *path, const char *file)
{
	snprintf(path, PATH_MAX, "%s/ports/%s", state_directory(), file);
}

static void path_of_key(char *path, const struct state_key *key)
{
	char file[STATE_FILE];

	state_file(file, key);
	path_of(path, file);
}

/**
 * state_exists - whether something is kept of a tap's ports
 * @key: of which tap
 *
 * Return: whether there is a file
 */
bool state_exists(const struct state_key *key)
{
	char path[PATH_MAX];

	path_of_key(path, key);
	return !access(path, F_OK);
}

static int make_directories(void)
{
	char path[PATH_MAX];

	path_of(path, "");
	if ((!mkdir(state_directory(), 0755) || errno == EEXIST) &&
	    (!mkdir(path, 0755) || errno == EEXIST))
		return 0;
	msg_error("%s: %s", state_directory(), strerror(errno));
	return -1;
}

/**
 * state_lock - have the ports to oneself, until the process ends
 *
 * The programs that are run hold the lock as well: one that outlives a softtap up that was killed
 * is waited for too.
 *
 * Return: an exit status, after a complaint if it is not 0
 */
int state_lock(void)
{
	char path[PATH_MAX];
	int fd, tries;

	if (make_directories())
		return EXIT_FAILED;
	snprintf(path, sizeof(path), "%s/.lock", state_directory());
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0) {
		msg_error("%s: %s", state_directory(), strerror(errno));
		return EXIT_FAILED;
	}
	for (tries = 0; tries < LOCK_SECONDS * 10 && !signals_pending(); tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return EXIT_OK;
		usleep(100000);
	}
	msg_error("another softtap up or down is at work");
	close(fd);
	return EXIT_BUSY;
}

/* --- Writing --------------------------------------------------------------------------------- */

static void write_pairs(FILE *file, const char *key, const struct pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->n; i++)
		fprintf(file, "%s %s %s\n", key, pairs->pairs[i].name, pairs->pairs[i].value);
}

static void write_messages(FILE *file, const char *key, const struct nl_list *list)
{
	size_t i, at;

	for (i = 0; i < list->n; i++) {
		const unsigned char *bytes = (const void *)list->messages[i];

		fprintf(file, "%s ", key);
		for (at = 0; at < list->messages[i]->nlmsg_len; at++)
			fprintf(file, "%02x", bytes[at]);
		fprintf(file, "\n");
	}
}

static void write_port(FILE *file, const struct port_state *port)
{
	size_t kind;
	int table;

	fprintf(file, "port %s\n", port->ifname);
	if (*port->address)
		fprintf(file, "mac %s\n", port->address);
	fprintf(file, "ifindex %d\n", port->ifindex);
	fprintf(file, "flags %u\n", port->flags);
	if (port->mtu)
		fprintf(file, "mtu %u\n", port->mtu);
	fprintf(file, "qdisc %s %u\n", port->qdisc, port->qdisc_handle);
	if (port->queues.wanted)
		fprintf(file, "queues %u\n", port->queues.wanted);
	if (port->nic.keep_rings || port->nic.low_latency)
		fprintf(file, "nic %d %d\n", port->nic.keep_rings, port->nic.low_latency);
	if (port->stamping.wanted)
		fprintf(file, "stamping %d %d %d\n", port->stamping.known, port->stamping.tx,
			port->stamping.rx);
	for (kind = 0; kind < ARRAY_SIZE(pairs_kinds); kind++)
		write_pairs(file, pairs_kinds[kind].key, pairs_of(port, kind));
	for (table = 0; table < N_L3_TABLES; table++)
		write_messages(file, table_names[table], &port->l3.tables[table]);
}

static int write_state(const struct state *state, int fd)
{
	FILE *file = fdopen(fd, "w");
	unsigned int i;
	int err = 0;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	fprintf(file, "%s\ntaken %ld\n", first_line, state->taken);
	for (i = 0; i < state->n_ports; i++)
		write_port(file, &state->ports[i]);
	fprintf(file, "%s\n", last_line);
	if (fflush(file) || ferror(file) || fsync(fd) < 0)
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

static int sync_directory(void)
{
	char path[PATH_MAX];
	int fd, err = 0;

	path_of(path, "");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		err = -errno;
	close(fd);
	return err;
}

/**
 * state_save - write a state's file, all of it or nothing
 * @state: to be written; state_lock() is held
 *
 * Return: 0, or a negative errno after a complaint
 */
int state_save(const struct state *state)
{
	char fresh[PATH_MAX], path[PATH_MAX];
	int fd, err;

	path_of(fresh, ".new");		/* no state is called so: see path_escape() */
	path_of_key(path, &state->key);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : write_state(state, fd);
	if (!err)
		err = rename(fresh, path) < 0 ? -errno : sync_directory();
	if (err)
		msg_error("cannot keep the ports' state in %s: %s", state_directory(),
			  strerror(-err));
	return err;
}

/* --- Reading --------------------------------------------------------------------------------- */

static int parse_pair(struct pairs *pairs, char *text)
{
	char *name = strsep(&text, " ");

	return text ? pairs_add(pairs, name, text) : -EINVAL;
}

/* What was wanted of it. */
static int parse_nic(struct nic *nic, const char *text)
{
	int keep_rings, low_latency;

	if (sscanf(text, "%d %d", &keep_rings, &low_latency) != 2)
		return -EINVAL;
	nic->keep_rings = keep_rings;
	nic->low_latency = low_latency;
	return 0;
}

static int parse_message(struct nl_list *list, const char *text)
{
	size_t size = strlen(text) / 2;
	unsigned char *bytes = malloc(size + 1);
	size_t i = 0;
	int err;

	if (!bytes)
		return -ENOMEM;
	while (i < size && sscanf(text + 2 * i, "%2hhx", &bytes[i]) == 1)
		i++;
	err = i < size || !mnl_nlmsg_ok((struct nlmsghdr *)bytes, size) ? -EINVAL : 0;
	if (!err)
		err = nl_list_add(list, bytes, size);
	free(bytes);
	return err;
}

static int parse_table(struct port_state *port, const char *key, const char *text)
{
	int table;

	for (table = 0; table < N_L3_TABLES; table++)
		if (!strcmp(key, table_names[table]))
			return parse_message(&port->l3.tables[table], text);
	return -EINVAL;
}

static int parse_stamping(struct stamping *stamping, const char *text)
{
	int known;

	if (sscanf(text, "%d %d %d", &known, &stamping->tx, &stamping->rx) != 3)
		return -EINVAL;
	stamping->wanted = true;
	stamping->known = known;
	return 0;
}

static int parse_port(struct port_state *port, const char *key, char *text)
{
	size_t kind;

	if (!strcmp(key, "ifindex")) {
		port->ifindex = atoi(text);
		port->l3.ifindex = port->ifindex;
		return port->ifindex > 0 ? 0 : -EINVAL;
	}
	if (!strcmp(key, "mac")) {
		snprintf(port->address, sizeof(port->address), "%s", text);
		return 0;
	}
	if (!strcmp(key, "flags"))
		return sscanf(text, "%u", &port->flags) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "mtu"))
		return sscanf(text, "%u", &port->mtu) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "qdisc"))
		return sscanf(text, "%31s %u", port->qdisc, &port->qdisc_handle) == 2 ? 0 : -EINVAL;
	if (!strcmp(key, "queues"))
		return sscanf(text, "%u", &port->queues.wanted) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "nic"))
		return parse_nic(&port->nic, text);
	if (!strcmp(key, "stamping"))
		return parse_stamping(&port->stamping, text);
	for (kind = 0; kind < ARRAY_SIZE(pairs_kinds); kind++)
		if (!strcmp(key, pairs_kinds[kind].key))
			return parse_pair(pairs_of(port, kind), text);
	return parse_table(port, key, text);
}

static int parse_line(struct state *state, char *line)
{
	char *key = strsep(&line, " ");

	if (!line)
		return -EINVAL;
	if (!strcmp(key, "taken"))
		return sscanf(line, "%ld", &state->taken) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "port")) {
		if (state->n_ports == 2)
			return -EINVAL;
		snprintf(state->ports[state->n_ports].ifname, IF_NAMESIZE, "%s", line);
		state->n_ports++;
		return 0;
	}
	return state->n_ports ? parse_port(&state->ports[state->n_ports - 1], key, line) : -EINVAL;
}

static int parse_state(struct state *state, FILE *file)
{
	bool ended = false;
	char *line = NULL;
	size_t size = 0;
	int err = -EINVAL;

	if (getline(&line, &size, file) > 0 && !strncmp(line, first_line, strlen(first_line)))
		err = 0;
	while (!err && !ended && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ended = !strcmp(line, last_line);
		if (!ended)
			err = parse_line(state, line);
	}
	free(line);
	return !err && !ended ? -EINVAL : err;
}

/**
 * state_load - read a state's file
 * @state: is filled, to be freed with state_free()
 * @key: of which tap
 *
 * Return: 0, or a negative errno after a complaint
 */
int state_load(struct state *state, const struct state_key *key)
{
	char path[PATH_MAX];
	FILE *file;
	int err;

	path_of_key(path, key);
	file = fopen(path, "re");
	memset(state, 0, sizeof(*state));
	state->key = *key;
	err = file ? parse_state(state, file) : -errno;
	if (file)
		fclose(file);
	if (!err)
		return 0;
	msg_error("%s: %s", path,
		  err == -EINVAL ? "not a state file of this version" : strerror(-err));
	state_free(state);
	return err;
}

/**
 * state_remove - remove a state's file
 * @key: of which tap; state_lock() is held
 *
 * Return: 0, or a negative errno after a complaint
 */
int state_remove(const struct state_key *key)
{
	char path[PATH_MAX];
	int err;

	placement_remove(key);
	path_of_key(path, key);
	err = unlink(path) < 0 ? -errno : sync_directory();
	if (err)
		msg_error("%s: %s", path, strerror(-err));
	return err;
}

/**
 * state_free_port - free what is kept of a port, and forget it
 * @port: all of it
 */
void state_free_port(struct port_state *port)
{
	size_t kind;

	for (kind = 0; kind < ARRAY_SIZE(pairs_kinds); kind++)
		pairs_free(pairs_of(port, kind));
	l3_free(&port->l3);
	*port = (struct port_state){ };
}

/**
 * state_free - free what is in a state
 * @state: all of it
 */
void state_free(struct state *state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(state->ports); i++)
		state_free_port(&state->ports[i]);
}

static int is_state(const struct dirent *entry)
{
	struct state_key key;

	return entry->d_name[0] != '.' && !parse_file(&key, entry->d_name);
}

/**
 * state_list - list the states that there are, of all network namespaces
 * @keys: gets an array, to be freed
 * @n_keys: gets its length
 *
 * Return: 0, or a negative errno
 */
int state_list(struct state_key **keys, size_t *n_keys)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int i, n;

	*keys = NULL;
	*n_keys = 0;
	path_of(path, "");
	n = scandir(path, &entries, is_state, alphasort);
	if (n < 0)
		return -errno;
	*keys = calloc(n + 1, sizeof(**keys));
	for (i = 0; i < n; i++) {
		if (*keys)
			parse_file(&(*keys)[(*n_keys)++], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return *keys ? 0 : -ENOMEM;
}
