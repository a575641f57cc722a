// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool shows and sets, by the netlink family of that name
 * (Documentation/networking/ethtool-netlink.rst), and a driver's own counters, which only the
 * ioctl before it has.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/netlink.h"
#include "lib/message.h"
#include "lib/util.h"

#define REQUEST_SIZE	0x4000	/* bytes; all features of a device take about 3,000 */
#define COMMAND_SIZE	1024	/* bytes, of a line that is shown */
#define VALUE_SIZE	64	/* bytes, of a value as text */

/* --- Messages -------------------------------------------------------------------------------- */

static int find_family(void)
{
	static int family;	/* one number until the kernel is another one */

	if (!family)
		family = nl_generic_family(ETHTOOL_GENL_NAME);
	return family;
}

/* In every request of the family the attribute 1 says which device is meant. */
static struct nlmsghdr *start_request(char *buffer, int family, int command, const char *ifname)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;
	struct nlattr *nest;

	request->nlmsg_type = family;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->cmd = command;
	header->version = ETHTOOL_GENL_VERSION;
	nest = mnl_attr_nest_start(request, ETHTOOL_A_FEATURES_HEADER);
	mnl_attr_put_strz(request, ETHTOOL_A_HEADER_DEV_NAME, ifname);
	mnl_attr_nest_end(request, nest);
	return request;
}

/* Return: 0 with one answer that has to be freed, or a negative errno without a complaint */
static int ask(struct nl_list *answer, int command, const char *ifname)
{
	char buffer[256];
	int family = find_family();
	int err;

	if (family < 0)
		return family;
	if (strlen(ifname) >= IF_NAMESIZE)
		return -ENODEV;
	err = nl_talk_generic(start_request(buffer, family, command, ifname), answer);
	if (!err && !answer->n)
		err = -EOPNOTSUPP;
	if (err)
		nl_list_free(answer);
	return err;
}

static const struct nlattr *answer_attr(const struct nl_list *answer, int type)
{
	return nl_attr(answer->messages[0], sizeof(struct genlmsghdr), type);
}

static int send_step(struct nlmsghdr *request, const char *command)
{
	int err = find_family();

	msg_verbose("%s", command);
	if (err >= 0)
		err = nl_talk_generic(request, NULL);
	if (err)
		msg_error("%s: %s", command, nl_reason(err));
	return err;
}

static void append(char *command, const char *format, ...)
{
	size_t used = strlen(command);
	va_list args;

	va_start(args, format);
	vsnprintf(command + used, COMMAND_SIZE - used, format, args);
	va_end(args);
}

/* --- Numbers and switches -------------------------------------------------------------------- */

/**
 * struct ethtool_topic - what one command of ethtool's shows, and another sets
 * @option: that ethtool has for setting it
 * @get: ETHTOOL_MSG_*_GET
 * @set: ETHTOOL_MSG_*_SET
 * @fields: what there is, ends with one without a name
 */
struct ethtool_topic {
	const char *option;
	__u8 get;
	__u8 set;
	struct {
		const char *name;
		__u16 attr;
		enum { NUMBER, SWITCH } type;
	} fields[10];
};

/* How many queues: ethtool -l, whose names for setting these are. */
const struct ethtool_topic ethtool_channels = {
	.option = "-L",
	.get = ETHTOOL_MSG_CHANNELS_GET,
	.set = ETHTOOL_MSG_CHANNELS_SET,
	.fields = {
		{ "rx-max", ETHTOOL_A_CHANNELS_RX_MAX, NUMBER },
		{ "tx-max", ETHTOOL_A_CHANNELS_TX_MAX, NUMBER },
		{ "combined-max", ETHTOOL_A_CHANNELS_COMBINED_MAX, NUMBER },
		{ "rx", ETHTOOL_A_CHANNELS_RX_COUNT, NUMBER },
		{ "tx", ETHTOOL_A_CHANNELS_TX_COUNT, NUMBER },
		{ "combined", ETHTOOL_A_CHANNELS_COMBINED_COUNT, NUMBER },
	},
};

/* Flow control: ethtool -a. */
const struct ethtool_topic ethtool_pause = {
	.option = "-A",
	.get = ETHTOOL_MSG_PAUSE_GET,
	.set = ETHTOOL_MSG_PAUSE_SET,
	.fields = {
		{ "autoneg", ETHTOOL_A_PAUSE_AUTONEG, SWITCH },
		{ "rx", ETHTOOL_A_PAUSE_RX, SWITCH },
		{ "tx", ETHTOOL_A_PAUSE_TX, SWITCH },
	},
};

/* Energy-Efficient Ethernet: ethtool --show-eee. */
const struct ethtool_topic ethtool_eee = {
	.option = "--set-eee",
	.get = ETHTOOL_MSG_EEE_GET,
	.set = ETHTOOL_MSG_EEE_SET,
	.fields = {
		{ "eee", ETHTOOL_A_EEE_ENABLED, SWITCH },
	},
};

/* Descriptors: ethtool -g. */
const struct ethtool_topic ethtool_rings = {
	.option = "-G",
	.get = ETHTOOL_MSG_RINGS_GET,
	.set = ETHTOOL_MSG_RINGS_SET,
	.fields = {
		{ "rx-max", ETHTOOL_A_RINGS_RX_MAX, NUMBER },
		{ "tx-max", ETHTOOL_A_RINGS_TX_MAX, NUMBER },
		{ "rx", ETHTOOL_A_RINGS_RX, NUMBER },
		{ "tx", ETHTOOL_A_RINGS_TX, NUMBER },
	},
};

/* How long the NIC waits for more before it interrupts: ethtool -c. */
const struct ethtool_topic ethtool_coalescing = {
	.option = "-C",
	.get = ETHTOOL_MSG_COALESCE_GET,
	.set = ETHTOOL_MSG_COALESCE_SET,
	.fields = {
		{ "adaptive-rx", ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, SWITCH },
		{ "rx-usecs", ETHTOOL_A_COALESCE_RX_USECS, NUMBER },
	},
};

static bool field_fits(const struct nlattr *attr, int type)
{
	return attr && mnl_attr_get_payload_len(attr) >=
		       (type == SWITCH ? sizeof(__u8) : sizeof(__u32));
}

static int keep_field(struct pairs *values, const char *name, const struct nlattr *attr, int type)
{
	char number[VALUE_SIZE];

	if (type == SWITCH)
		return pairs_add(values, name, mnl_attr_get_u8(attr) ? "on" : "off");
	snprintf(number, sizeof(number), "%u", mnl_attr_get_u32(attr));
	return pairs_add(values, name, number);
}

/**
 * ethtool_read - read a device's settings
 * @values: gets those that the driver tells, by ethtool's names: numbers, "on" or "off"
 * @topic: which ones
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint: -EOPNOTSUPP if the driver tells none
 */
int ethtool_read(struct pairs *values, const struct ethtool_topic *topic, const char *ifname)
{
	struct nl_list answer = { };
	int i, err;

	err = ask(&answer, topic->get, ifname);
	for (i = 0; !err && topic->fields[i].name; i++) {
		const struct nlattr *attr = answer_attr(&answer, topic->fields[i].attr);

		if (field_fits(attr, topic->fields[i].type))
			err = keep_field(values, topic->fields[i].name, attr,
					 topic->fields[i].type);
	}
	nl_list_free(&answer);
	return err;
}

static void put_field(struct nlmsghdr *request, int attr, int type, const char *value)
{
	if (type == SWITCH)
		mnl_attr_put_u8(request, attr, !strcmp(value, "on"));
	else
		mnl_attr_put_u32(request, attr, strtoul(value, NULL, 10));
}

/**
 * ethtool_write - change a device's settings, all in one step
 * @values: those to be changed, as ethtool_read() has them
 * @topic: which ones
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno after a complaint
 */
int ethtool_write(const struct pairs *values, const struct ethtool_topic *topic,
		  const char *ifname)
{
	char buffer[REQUEST_SIZE], command[COMMAND_SIZE] = "";
	struct nlmsghdr *request;
	int i;

	if (!values->n)
		return 0;
	request = start_request(buffer, find_family(), topic->set, ifname);
	append(command, "ethtool %s %s", topic->option, ifname);
	for (i = 0; topic->fields[i].name; i++) {
		const char *value = pairs_get(values, topic->fields[i].name);

		if (!value)
			continue;
		put_field(request, topic->fields[i].attr, topic->fields[i].type, value);
		append(command, " %s %s", topic->fields[i].name, value);
	}
	return send_step(request, command);
}

/* --- Features -------------------------------------------------------------------------------- */

static const char *bit_name(const struct nlattr *bit)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, bit)
		if (mnl_attr_get_type(attr) == ETHTOOL_A_BITSET_BIT_NAME)
			return mnl_attr_get_str(attr);
	return NULL;
}

static bool bit_value(const struct nlattr *bit)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, bit)
		if (mnl_attr_get_type(attr) == ETHTOOL_A_BITSET_BIT_VALUE)
			return true;
	return false;
}

static const struct nlattr *bits_of(const struct nlattr *bitset)
{
	const struct nlattr *attr;

	if (!bitset)
		return NULL;
	mnl_attr_for_each_nested(attr, bitset)
		if (mnl_attr_get_type(attr) == ETHTOOL_A_BITSET_BITS)
			return attr;
	return NULL;
}

/* A set without a mask lists those bits only that are set. */
static bool lists(const struct nlattr *bitset, const char *name)
{
	const struct nlattr *bits = bits_of(bitset);
	const struct nlattr *bit;

	if (!bits)
		return false;
	mnl_attr_for_each_nested(bit, bits) {
		const char *other = bit_name(bit);

		if (other && !strcmp(other, name))
			return true;
	}
	return false;
}

static int keep_feature(struct pairs *features, const struct nl_list *answer,
			const struct nlattr *bit)
{
	const char *name = bit_name(bit);
	const char *how = "";
	char value[VALUE_SIZE];
	bool active, wanted;

	if (!name || !*name)
		return 0;
	active = lists(answer_attr(answer, ETHTOOL_A_FEATURES_ACTIVE), name);
	wanted = lists(answer_attr(answer, ETHTOOL_A_FEATURES_WANTED), name);
	if (!bit_value(bit) || lists(answer_attr(answer, ETHTOOL_A_FEATURES_NOCHANGE), name))
		how = " [fixed]";
	else if (active != wanted)
		how = wanted ? " [requested on]" : " [requested off]";
	snprintf(value, sizeof(value), "%s%s", active ? "on" : "off", how);
	return pairs_add(features, name, value);
}

/**
 * ethtool_read_features - list a device's offloads and other features
 * @features: gets all that the kernel knows, by the names of netdev_features_strings: "on" or
 *            "off", followed by " [fixed]", " [requested on]" or " [requested off]"
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno after a complaint
 */
int ethtool_read_features(struct pairs *features, const char *ifname)
{
	struct nl_list answer = { };
	const struct nlattr *bits, *bit;
	int err;

	err = ask(&answer, ETHTOOL_MSG_FEATURES_GET, ifname);
	if (err) {
		msg_error("ethtool -k %s: %s", ifname, nl_reason(err));
		return err;
	}
	/* Its mask is all features there are. */
	bits = bits_of(answer_attr(&answer, ETHTOOL_A_FEATURES_HW));
	if (bits)
		mnl_attr_for_each_nested(bit, bits)
			err = err ? err : keep_feature(features, &answer, bit);
	nl_list_free(&answer);
	return err;
}

static void put_bit(struct nlmsghdr *request, const char *name, bool on)
{
	struct nlattr *bit = mnl_attr_nest_start(request, ETHTOOL_A_BITSET_BITS_BIT);

	mnl_attr_put_strz(request, ETHTOOL_A_BITSET_BIT_NAME, name);
	if (on)
		mnl_attr_put(request, ETHTOOL_A_BITSET_BIT_VALUE, 0, NULL);
	mnl_attr_nest_end(request, bit);
}

static int write_bits(const struct pairs *bits, int message, int type, const char *option,
		      const char *ifname)
{
	char buffer[REQUEST_SIZE], command[COMMAND_SIZE] = "";
	struct nlattr *bitset, *list;
	struct nlmsghdr *request;
	size_t i;

	if (!bits->n)
		return 0;
	request = start_request(buffer, find_family(), message, ifname);
	append(command, "ethtool %s %s", option, ifname);
	bitset = mnl_attr_nest_start(request, type);
	list = mnl_attr_nest_start(request, ETHTOOL_A_BITSET_BITS);
	for (i = 0; i < bits->n; i++) {
		const struct pair *bit = &bits->pairs[i];

		put_bit(request, bit->name, !strcmp(bit->value, "on"));
		append(command, " %s %s", bit->name, bit->value);
	}
	mnl_attr_nest_end(request, list);
	mnl_attr_nest_end(request, bitset);
	return send_step(request, command);
}

/* "on" or "off"; of a set without a mask, which lists what is set, all are on. */
static int keep_bits(struct pairs *values, const struct nlattr *bitset)
{
	const struct nlattr *bits = bits_of(bitset), *bit;
	bool mask = true;
	int err = 0;

	if (!bits)
		return 0;
	mnl_attr_for_each_nested(bit, bitset)
		if (mnl_attr_get_type(bit) == ETHTOOL_A_BITSET_NOMASK)
			mask = false;
	mnl_attr_for_each_nested(bit, bits)
		if (!err && bit_name(bit))
			err = pairs_add(values, bit_name(bit),
					!mask || bit_value(bit) ? "on" : "off");
	return err;
}

/**
 * ethtool_read_flags - list a driver's private flags
 * @flags: gets them: "on" or "off"
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint: -EOPNOTSUPP if it has none
 */
int ethtool_read_flags(struct pairs *flags, const char *ifname)
{
	struct nl_list answer = { };
	int err = ask(&answer, ETHTOOL_MSG_PRIVFLAGS_GET, ifname);

	if (!err)
		err = keep_bits(flags, answer_attr(&answer, ETHTOOL_A_PRIVFLAGS_FLAGS));
	nl_list_free(&answer);
	return err;
}

/**
 * ethtool_read_wol - list what wakes a host
 * @modes: gets what there is: "magic", "ucast"…, each "on" or "off"
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint: -EOPNOTSUPP if nothing does
 */
int ethtool_read_wol(struct pairs *modes, const char *ifname)
{
	struct nl_list answer = { };
	int err = ask(&answer, ETHTOOL_MSG_WOL_GET, ifname);

	if (!err)
		err = keep_bits(modes, answer_attr(&answer, ETHTOOL_A_WOL_MODES));
	nl_list_free(&answer);
	return err;
}

/**
 * ethtool_read_stamping - tell which frames a device can give its own time
 * @clock: set to the number of its clock, N of /dev/ptpN, or to -1 if it has none
 * @filters: gets what can be chosen of received frames: "none", "all", "ptpv2-event"…
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint
 */
int ethtool_read_stamping(int *clock, struct pairs *filters, const char *ifname)
{
	struct nl_list answer = { };
	const struct nlattr *attr = NULL;
	int err = ask(&answer, ETHTOOL_MSG_TSINFO_GET, ifname);

	if (!err) {
		attr = answer_attr(&answer, ETHTOOL_A_TSINFO_PHC_INDEX);
		err = keep_bits(filters, answer_attr(&answer, ETHTOOL_A_TSINFO_RX_FILTERS));
	}
	*clock = attr ? (int)mnl_attr_get_u32(attr) : -1;
	nl_list_free(&answer);
	return err;
}

/**
 * ethtool_write_flags - switch a driver's private flags
 * @flags: those to be changed: "on" or "off"
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno after a complaint
 */
int ethtool_write_flags(const struct pairs *flags, const char *ifname)
{
	return write_bits(flags, ETHTOOL_MSG_PRIVFLAGS_SET, ETHTOOL_A_PRIVFLAGS_FLAGS,
			  "--set-priv-flags", ifname);
}

/**
 * ethtool_write_features - switch features, all in one step: many a driver resets the NIC at each
 * @features: those to be changed: "on" or "off"
 * @ifname: name of the device
 *
 * What the driver does not do is "requested" from then on.
 *
 * Return: 0, or a negative errno after a complaint
 */
int ethtool_write_features(const struct pairs *features, const char *ifname)
{
	return write_bits(features, ETHTOOL_MSG_FEATURES_SET, ETHTOOL_A_FEATURES_WANTED, "-K",
			  ifname);
}

/* --- A driver's counters --------------------------------------------------------------------- */

static int call(int fd, const char *ifname, void *data)
{
	struct ifreq request = { .ifr_data = data };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static int count_counters(int fd, const char *ifname, __u32 *n)
{
	union {
		struct ethtool_sset_info info;
		__u8 room[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
	} request = { };
	int err;

	request.info.cmd = ETHTOOL_GSSET_INFO;
	request.info.sset_mask = 1ull << ETH_SS_STATS;
	err = call(fd, ifname, &request);
	*n = request.info.sset_mask ? request.info.data[0] : 0;
	return err;
}

static int read_counters(int fd, const char *ifname, struct ethtool_gstrings *names,
			 struct ethtool_stats *counters)
{
	int err;

	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	err = call(fd, ifname, names);
	counters->cmd = ETHTOOL_GSTATS;
	return err ? err : call(fd, ifname, counters);
}

static int sum_counters(int fd, const char *ifname, const char *word, __u64 *sum)
{
	struct ethtool_gstrings *names = NULL;
	struct ethtool_stats *counters = NULL;
	__u32 i, n, found = 0;
	int err;

	*sum = 0;
	err = count_counters(fd, ifname, &n);
	if (err)
		return err;
	names = calloc(1, sizeof(*names) + n * ETH_GSTRING_LEN);
	counters = calloc(1, sizeof(*counters) + n * sizeof(counters->data[0]));
	err = -ENOMEM;
	if (names && counters) {
		names->len = n;
		counters->n_stats = n;
		err = read_counters(fd, ifname, names, counters);
	}
	for (i = 0; !err && i < n; i++) {
		const char *name = (const char *)names->data + i * ETH_GSTRING_LEN;

		if (memmem(name, strnlen(name, ETH_GSTRING_LEN), word, strlen(word))) {
			*sum += counters->data[i];
			found++;
		}
	}
	free(names);
	free(counters);
	return err ? err : found ? 0 : -ENOENT;
}

/**
 * ethtool_sum_counters - add up some of the counters that ethtool -S shows
 * @sum: set to their sum
 * @word: that stands in the names of those wanted
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint: -ENOENT if the driver has none of these
 */
int ethtool_sum_counters(__u64 *sum, const char *word, const char *ifname)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = sum_counters(fd, ifname, word, sum);
	close(fd);
	return err;
}

/**
 * ethtool_read_driver - read a device's driver and firmware
 * @driver: gets the driver's name
 * @firmware: gets the firmware's version, empty if there is none
 * @ifname: name of the device
 *
 * Return: 0, or a negative errno without a complaint
 */
int ethtool_read_driver(char driver[ETHTOOL_TEXT], char firmware[ETHTOOL_TEXT],
			const char *ifname)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = call(fd, ifname, &info);
	close(fd);
	snprintf(driver, ETHTOOL_TEXT, "%.*s", (int)sizeof(info.driver) - 1, info.driver);
	snprintf(firmware, ETHTOOL_TEXT, "%.*s", (int)sizeof(info.fw_version) - 1,
		 info.fw_version);
	return err;
}
