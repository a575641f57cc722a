// SPDX-License-Identifier: GPL-2.0
/*
 * What gets a port's frames before the tap does, in the order in which a frame meets it: XDP
 * programs, tc filters at ingress, nft chains at ingress (__netif_receive_skb_core() in
 * net/core/dev.c; native XDP is in the driver). None of it tells the tap what it keeps.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/link.h"
#include "host/netlink.h"
#include "host/takers.h"
#include "lib/message.h"
#include "lib/util.h"

/**
 * struct list - takers that were found
 * @takers: room for %MAX_TAKERS
 * @n: how many
 */
struct list {
	struct taker *takers;
	size_t n;
};

static struct taker *add(struct list *list)
{
	struct taker *taker;

	if (list->n == MAX_TAKERS)
		return NULL;
	taker = &list->takers[list->n++];
	*taker = (struct taker){ };
	return taker;
}

/* --- XDP ------------------------------------------------------------------------------------- */

/* Drivers count for a queue, or for all: "rx_queue_0_xdp_drops", "rx_xdp_drop". */
static void count_xdp_drops(struct taker *taker, const char *ifname)
{
	taker->known = !ethtool_sum_counters(&taker->drops, "xdp_drop", ifname);
	if (taker->known)
		snprintf(taker->counter, sizeof(taker->counter), "ethtool -S %s, xdp_drop",
			 msg_printable(ifname));
}

static void find_xdp(struct list *list, const struct link *link)
{
	bool generic = link->xdp == XDP_ATTACHED_SKB;
	struct taker *taker;

	if (!link->xdp)
		return;
	taker = add(list);
	if (!taker)
		return;
	snprintf(taker->what, sizeof(taker->what), "XDP program %u (%s)", link->xdp_program,
		 generic ? "generic" : "native");
	if (!generic)
		count_xdp_drops(taker, link->ifname);
}

/* --- tc -------------------------------------------------------------------------------------- */

static void find_clsact(struct list *list, const struct link *link)
{
	struct taker *taker;
	__u64 drops;

	if (!link_has_clsact(link->ifindex, &drops))
		return;
	taker = add(list);
	if (!taker)
		return;
	snprintf(taker->what, sizeof(taker->what), "tc filters (ingress or clsact)");
	snprintf(taker->counter, sizeof(taker->counter), "tc -s qdisc show dev %s",
		 msg_printable(link->ifname));
	taker->known = true;
	taker->drops = drops;
}

/* --- nft ------------------------------------------------------------------------------------- */

/**
 * struct hook_kind - what can be hooked to a device
 * @name: as nft calls it
 * @message: NFT_MSG_*, lists them
 * @hook: attribute with the hook
 * @table: with the name of the table that it is in
 * @own_name: with its own
 * @is_on: look whether such a hook is on a device, before the tap
 * @has_rules: there may be rules that count and drop
 */
struct hook_kind {
	const char *name;
	int message;
	int hook;
	int table;
	int own_name;
	bool (*is_on)(const struct nlattr *hook, const char *ifname);
	bool has_rules;
};

/**
 * struct hooked - an nft chain or flow table
 * @kind: which of both
 * @family: "netdev", "inet"…
 * @table: its table's name
 * @name: its own
 */
struct hooked {
	const struct hook_kind *kind;
	const char *family;
	const char *table;
	const char *name;
};

static const struct nlattr *nested(const struct nlattr *in, int type)
{
	const struct nlattr *attr;

	if (in)
		mnl_attr_for_each_nested(attr, in)
			if (mnl_attr_get_type(attr) == type)
				return attr;
	return NULL;
}

static bool is_listed(const struct nlattr *devices, const char *ifname)
{
	const struct nlattr *attr;

	if (devices)
		mnl_attr_for_each_nested(attr, devices)
			if (mnl_attr_get_type(attr) == NFTA_DEVICE_NAME &&
			    !strcmp(mnl_attr_get_str(attr), ifname))
				return true;
	return false;
}

/* Of a chain that names its device, or its devices; those at egress come after the tap. */
static bool chain_is_on(const struct nlattr *hook, const char *ifname)
{
	const struct nlattr *number = nested(hook, NFTA_HOOK_HOOKNUM);
	const struct nlattr *device = nested(hook, NFTA_HOOK_DEV);

	if (!number || (!device && !nested(hook, NFTA_HOOK_DEVS)))
		return false;
	if (ntohl(mnl_attr_get_u32(number)) == NF_NETDEV_EGRESS)
		return false;
	return is_listed(nested(hook, NFTA_HOOK_DEVS), ifname) ||
	       (device && !strcmp(mnl_attr_get_str(device), ifname));
}

static bool flowtable_is_on(const struct nlattr *hook, const char *ifname)
{
	return is_listed(nested(hook, NFTA_FLOWTABLE_HOOK_DEVS), ifname);
}

static const char *family_name(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

	switch (header->nfgen_family) {
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	default:
		return "ip6";
	}
}

static const char *text_of(const struct nlmsghdr *message, int type)
{
	const struct nlattr *attr = nl_attr(message, sizeof(struct nfgenmsg), type);

	return attr ? mnl_attr_get_str(attr) : "";
}

/* In network byte order, and aligned to 32 bits only. */
static __u64 number_64(const struct nlattr *attr)
{
	const unsigned char *bytes = mnl_attr_get_payload(attr);
	__u64 number = 0;
	size_t i;

	for (i = 0; i < sizeof(number) && i < mnl_attr_get_payload_len(attr); i++)
		number = number << 8 | bytes[i];
	return number;
}

static bool is_expression(const struct nlattr *expression, const char *name)
{
	const struct nlattr *attr = nested(expression, NFTA_EXPR_NAME);

	return attr && !strcmp(mnl_attr_get_str(attr), name);
}

/* As nft has it, dropping is to put that verdict where verdicts are looked for. */
static bool is_drop(const struct nlattr *expression)
{
	const struct nlattr *data = nested(expression, NFTA_EXPR_DATA);
	const struct nlattr *value = nested(data, NFTA_IMMEDIATE_DATA);
	const struct nlattr *code = nested(nested(value, NFTA_DATA_VERDICT), NFTA_VERDICT_CODE);

	return is_expression(expression, "immediate") && code &&
	       ntohl(mnl_attr_get_u32(code)) == NF_DROP;
}

/* One that counts and then drops. */
static void count_rule(struct taker *taker, const struct nlmsghdr *rule)
{
	const struct nlattr *list = nl_attr(rule, sizeof(struct nfgenmsg), NFTA_RULE_EXPRESSIONS);
	const struct nlattr *each, *packets, *counter = NULL;

	if (!list)
		return;
	mnl_attr_for_each_nested(each, list) {
		packets = is_expression(each, "counter") ?
			  nested(nested(each, NFTA_EXPR_DATA), NFTA_COUNTER_PACKETS) : NULL;
		if (packets)
			counter = packets;
		if (counter && is_drop(each)) {
			taker->known = true;
			taker->drops += number_64(counter);
		}
	}
}

static bool is_rule_of(const struct nlmsghdr *rule, const struct hooked *hooked)
{
	return !strcmp(family_name(rule), hooked->family) &&
	       !strcmp(text_of(rule, NFTA_RULE_TABLE), hooked->table) &&
	       !strcmp(text_of(rule, NFTA_RULE_CHAIN), hooked->name);
}

static void count_drops(struct taker *taker, const struct hooked *hooked)
{
	struct nl_list rules = { };
	size_t i;

	nl_dump_netfilter(&rules, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE);
	for (i = 0; i < rules.n; i++)
		if (is_rule_of(rules.messages[i], hooked))
			count_rule(taker, rules.messages[i]);
	nl_list_free(&rules);
}

static void add_hooked(struct list *list, const struct hooked *hooked)
{
	struct taker *taker = add(list);

	if (!taker)
		return;
	snprintf(taker->what, sizeof(taker->what), "nft %s %s %.40s %.40s", hooked->kind->name,
		 hooked->family, hooked->table, hooked->name);
	msg_make_printable(taker->what);
	snprintf(taker->counter, sizeof(taker->counter), "nft list %s %s %.40s %.40s",
		 hooked->kind->name, hooked->family, hooked->table, hooked->name);
	msg_make_printable(taker->counter);
	if (hooked->kind->has_rules)
		count_drops(taker, hooked);
}

static void find_hooked(struct list *list, const struct hook_kind *kind, const char *ifname)
{
	struct nl_list all = { };
	size_t i;

	nl_dump_netfilter(&all, NFNL_SUBSYS_NFTABLES << 8 | kind->message);
	for (i = 0; i < all.n; i++) {
		const struct nlmsghdr *each = all.messages[i];

		if (kind->is_on(nl_attr(each, sizeof(struct nfgenmsg), kind->hook), ifname))
			add_hooked(list, &(struct hooked){
				kind, family_name(each), text_of(each, kind->table),
				text_of(each, kind->own_name),
			});
	}
	nl_list_free(&all);
}

/* Flow tables forward what belongs to connections by themselves. */
static const struct hook_kind hook_kinds[] = {
	{ "chain", NFT_MSG_GETCHAIN, NFTA_CHAIN_HOOK, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME,
	  chain_is_on, true },
	{ "flowtable", NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_HOOK, NFTA_FLOWTABLE_TABLE,
	  NFTA_FLOWTABLE_NAME, flowtable_is_on, false },
};

/* A module that is built in has no directory in /sys/module, unless it has parameters. */
static bool is_built_in(const char *module)
{
	char path[PATH_MAX], line[PATH_MAX];
	struct utsname kernel;
	bool found = false;
	FILE *file;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", kernel.release);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, module);
	if (file)
		fclose(file);
	return found;
}

/* Where nobody has loaded nf_tables there are no chains, and asking would load it. */
static void find_nft(struct list *list, const char *ifname)
{
	size_t i;

	if (access("/sys/module/nf_tables", F_OK) && !is_built_in("/nf_tables.ko"))
		return;
	for (i = 0; i < ARRAY_SIZE(hook_kinds); i++)
		find_hooked(list, &hook_kinds[i], ifname);
}

/**
 * takers_read - find what gets a port's frames before the tap
 * @takers: room for %MAX_TAKERS
 * @ifname: name of the port, in this network namespace
 *
 * Return: how many there are
 */
size_t takers_read(struct taker *takers, const char *ifname)
{
	struct list list = { takers, 0 };
	struct link link;

	if (link_by_name(&link, ifname))
		return 0;
	find_xdp(&list, &link);
	find_clsact(&list, &link);
	find_nft(&list, ifname);
	return list.n;
}
