// SPDX-License-Identifier: GPL-2.0
/*
 * What gets a port's frames before the tap does, in the order in which a frame meets it: XDP
 * programs, tc filters at ingress, nft chains at ingress (__netif_receive_skb_core() in
 * net/core/dev.c; native XDP is in the driver). None of it tells the tap what it keeps.
 */
#include <arpa/inet.h>
#include <json-c/json.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/link.h"
#include "host/netlink.h"
#include "host/takers.h"
#include "lib/message.h"
#include "lib/run.h"

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
 * struct hooked - an nft chain or flow table
 * @kind: "chain" or "flowtable"
 * @family: "netdev", "inet"…
 * @table: its table's name
 * @name: its own
 */
struct hooked {
	const char *kind;
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

/* One that counts and then drops: [ { "counter": { "packets": 5 } }, { "drop": null } ]. */
static void count_rule(struct taker *taker, struct json_object *rule)
{
	struct json_object *expressions, *counter, *packets, *drop;
	__u64 counted = 0;
	bool counts = false;
	size_t i;

	if (!json_object_object_get_ex(rule, "expr", &expressions))
		return;
	for (i = 0; i < json_object_array_length(expressions); i++) {
		struct json_object *each = json_object_array_get_idx(expressions, i);

		if (json_object_object_get_ex(each, "counter", &counter) &&
		    json_object_object_get_ex(counter, "packets", &packets)) {
			counted = json_object_get_uint64(packets);
			counts = true;
		}
		if (counts && json_object_object_get_ex(each, "drop", &drop)) {
			taker->known = true;
			taker->drops += counted;
		}
	}
}

static void count_rules(struct taker *taker, const char *text)
{
	struct json_object *all = json_tokener_parse(text);
	struct json_object *list, *rule;
	size_t i;

	if (json_object_object_get_ex(all, "nftables", &list))
		for (i = 0; i < json_object_array_length(list); i++)
			if (json_object_object_get_ex(json_object_array_get_idx(list, i), "rule",
						      &rule))
				count_rule(taker, rule);
	json_object_put(all);
}

/* Rules are nft's own to read. */
static void count_drops(struct taker *taker, const struct hooked *hooked)
{
	const char *const argv[] = { "nft", "-j", "list", hooked->kind, hooked->family,
				     hooked->table, hooked->name, NULL };
	char *output;

	if (!run_quietly(argv, &output))
		count_rules(taker, output);
	free(output);
	snprintf(taker->counter, sizeof(taker->counter), "nft list %s %s %.40s %.40s",
		 hooked->kind, hooked->family, hooked->table, hooked->name);
	msg_make_printable(taker->counter);
}

static void add_hooked(struct list *list, const struct hooked *hooked)
{
	struct taker *taker = add(list);

	if (!taker)
		return;
	snprintf(taker->what, sizeof(taker->what), "nft %s %s %.40s %.40s", hooked->kind,
		 hooked->family, hooked->table, hooked->name);
	msg_make_printable(taker->what);
	count_drops(taker, hooked);
}

static void find_chains(struct list *list, const char *ifname)
{
	struct nl_list chains = { };
	size_t i;

	nl_dump_netfilter(&chains, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN);
	for (i = 0; i < chains.n; i++) {
		const struct nlmsghdr *chain = chains.messages[i];
		const struct nlattr *hook = nl_attr(chain, sizeof(struct nfgenmsg),
						    NFTA_CHAIN_HOOK);

		if (chain_is_on(hook, ifname))
			add_hooked(list, &(struct hooked){
				"chain", family_name(chain), text_of(chain, NFTA_CHAIN_TABLE),
				text_of(chain, NFTA_CHAIN_NAME),
			});
	}
	nl_list_free(&chains);
}

/* They forward what belongs to connections by themselves. */
static void find_flowtables(struct list *list, const char *ifname)
{
	struct nl_list tables = { };
	size_t i;

	nl_dump_netfilter(&tables, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE);
	for (i = 0; i < tables.n; i++) {
		const struct nlmsghdr *table = tables.messages[i];
		const struct nlattr *hook = nl_attr(table, sizeof(struct nfgenmsg),
						    NFTA_FLOWTABLE_HOOK);

		if (is_listed(nested(hook, NFTA_FLOWTABLE_HOOK_DEVS), ifname))
			add_hooked(list, &(struct hooked){
				"flowtable", family_name(table),
				text_of(table, NFTA_FLOWTABLE_TABLE),
				text_of(table, NFTA_FLOWTABLE_NAME),
			});
	}
	nl_list_free(&tables);
}

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
	if (access("/sys/module/nf_tables", F_OK) && !is_built_in("/nf_tables.ko"))
		return;
	find_chains(list, ifname);
	find_flowtables(list, ifname);
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
