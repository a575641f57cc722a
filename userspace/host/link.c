// SPDX-License-Identifier: GPL-2.0
/* Network devices as rtnetlink shows them. */
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/link.h"
#include "host/netlink.h"
#include "lib/paths.h"
#include "lib/util.h"

static void copy_text(char *text, size_t size, const struct nlattr *attr)
{
	if (attr)
		snprintf(text, size, "%s", mnl_attr_get_str(attr));
}

static void parse_kind(struct link *link, const struct nlattr *linkinfo)
{
	const struct nlattr *attr;

	if (!linkinfo)
		return;
	mnl_attr_for_each_nested(attr, linkinfo)
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_text(link->kind, sizeof(link->kind), attr);
}

static void parse_xdp(struct link *link, const struct nlattr *xdp)
{
	const struct nlattr *attr;

	if (!xdp)
		return;
	mnl_attr_for_each_nested(attr, xdp) {
		if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED)
			link->xdp = mnl_attr_get_u8(attr);
		if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID)
			link->xdp_program = mnl_attr_get_u32(attr);
	}
}

static void parse_address(struct link *link, const struct nlattr *attr)
{
	const unsigned char *bytes = attr ? mnl_attr_get_payload(attr) : NULL;
	size_t i, n = attr ? mnl_attr_get_payload_len(attr) : 0, at = 0;

	for (i = 0; i < n && at + 3 <= sizeof(link->address); i++)
		at += sprintf(link->address + at, "%s%02x", i ? ":" : "", bytes[i]);
}

/* Return: 0 if there is none */
static __u32 number_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static void parse_link(struct link *link, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	memset(link, 0, sizeof(*link));
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	link->type = info->ifi_type;
	copy_text(link->ifname, sizeof(link->ifname), nl_attr(message, sizeof(*info), IFLA_IFNAME));
	copy_text(link->qdisc, sizeof(link->qdisc), nl_attr(message, sizeof(*info), IFLA_QDISC));
	parse_kind(link, nl_attr(message, sizeof(*info), IFLA_LINKINFO));
	parse_xdp(link, nl_attr(message, sizeof(*info), IFLA_XDP));
	parse_address(link, nl_attr(message, sizeof(*info), IFLA_ADDRESS));
	link->mtu = number_of(nl_attr(message, sizeof(*info), IFLA_MTU));
	link->max_mtu = number_of(nl_attr(message, sizeof(*info), IFLA_MAX_MTU));
	link->master = number_of(nl_attr(message, sizeof(*info), IFLA_MASTER));
	link->lower = number_of(nl_attr(message, sizeof(*info), IFLA_LINK));
}

static __u64 count_drops(const struct nlattr *stats)
{
	struct gnet_stats_queue queue = { };
	const struct nlattr *attr;

	if (!stats)
		return 0;
	mnl_attr_for_each_nested(attr, stats)
		if (mnl_attr_get_type(attr) == TCA_STATS_QUEUE &&
		    mnl_attr_get_payload_len(attr) >= sizeof(queue))
			memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
	return queue.drops;
}

/* The kernel lists no qdisc of its own that drops or passes all (noop, noqueue): handle 0. */
static int find_qdisc(int ifindex, __u32 parent, __u32 *handle, __u64 *drops)
{
	struct nl_list list = { };
	int err;
	size_t i;

	err = nl_dump_family(&list, RTM_GETQDISC, AF_UNSPEC, sizeof(struct tcmsg));
	for (i = 0; i < list.n && !err; i++) {
		const struct tcmsg *tc = mnl_nlmsg_get_payload(list.messages[i]);

		if (tc->tcm_ifindex != ifindex || tc->tcm_parent != parent)
			continue;
		*handle = tc->tcm_handle;
		*drops = count_drops(nl_attr(list.messages[i], sizeof(*tc), TCA_STATS2));
		nl_list_free(&list);
		return 0;
	}
	nl_list_free(&list);
	return err ? err : -ENOENT;
}

static int get_link(struct link *link, struct nlmsghdr *request)
{
	struct nl_list answer = { };
	__u64 drops;
	int err;

	err = nl_talk(request, &answer);
	if (!err && !answer.n)
		err = -ENODEV;
	if (!err) {
		parse_link(link, answer.messages[0]);
		find_qdisc(link->ifindex, TC_H_ROOT, &link->qdisc_handle, &drops);
	}
	nl_list_free(&answer);
	return err;
}

static struct nlmsghdr *link_request(char *buffer, int ifindex)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_GETLINK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = ifindex;
	return request;
}

/**
 * link_by_name - look at a network device
 * @link: is filled
 * @ifname: its name, or an alternative one
 *
 * Return: 0, or a negative errno: -ENODEV when there is none
 */
int link_by_name(struct link *link, const char *ifname)
{
	char buffer[256];
	struct nlmsghdr *request = link_request(buffer, 0);

	if (strlen(ifname) >= LINK_NAME)
		return -ENODEV;
	mnl_attr_put_strz(request, strlen(ifname) < IF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME,
			  ifname);
	return get_link(link, request);
}

/**
 * link_by_index - look at a network device
 * @link: is filled
 * @ifindex: its number
 *
 * Return: 0, or a negative errno: -ENODEV when there is none
 */
int link_by_index(struct link *link, int ifindex)
{
	char buffer[256];

	return get_link(link, link_request(buffer, ifindex));
}

/**
 * link_set_up - bring a network device up, or set it down
 * @link: the device
 * @up: which
 *
 * Return: 0, or a negative errno after a complaint
 */
int link_set_up(const struct link *link, bool up)
{
	char buffer[256], command[64];
	struct nlmsghdr *request = link_request(buffer, link->ifindex);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(request);

	request->nlmsg_type = RTM_NEWLINK;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	snprintf(command, sizeof(command), "ip link set dev %s %s", link->ifname,
		 up ? "up" : "down");
	return nl_step(request, command);
}

/**
 * link_set_mtu - change the MTU of a network device
 * @link: the device
 * @mtu: bytes
 *
 * Return: 0, or a negative errno after a complaint
 */
int link_set_mtu(const struct link *link, unsigned int mtu)
{
	char buffer[256], command[64];
	struct nlmsghdr *request = link_request(buffer, link->ifindex);

	request->nlmsg_type = RTM_NEWLINK;
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	snprintf(command, sizeof(command), "ip link set dev %s mtu %u", link->ifname, mtu);
	return nl_step(request, command);
}

/**
 * link_is_one_of - look at a device's kind
 * @link: the device
 * @kinds: names, as of RTM_NEWLINK's IFLA_INFO_KIND
 * @n: how many
 *
 * Return: whether it is of one of these kinds
 */
bool link_is_one_of(const struct link *link, const char *const kinds[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(link->kind, kinds[i]))
			return true;
	return false;
}

/* Kinds that take frames from the device below; a veth's lower device is its peer. */
static bool is_stacked(const struct link *link)
{
	static const char *const kinds[] = {
		"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec",
	};

	return link_is_one_of(link, kinds, ARRAY_SIZE(kinds));
}

/**
 * link_stacked_on - find a VLAN, macvlan… device that stands on another
 * @upper: is filled with the first one found
 * @ifindex: number of the lower device
 *
 * Return: whether there is one
 */
bool link_stacked_on(struct link *upper, int ifindex)
{
	struct nl_list list = { };
	bool found = false;
	size_t i;

	nl_dump_family(&list, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg));
	for (i = 0; i < list.n && !found; i++) {
		parse_link(upper, list.messages[i]);
		found = upper->lower == ifindex && is_stacked(upper);
	}
	nl_list_free(&list);
	return found;
}

/**
 * link_has_clsact - whether filters may see a device's frames before or after the tap
 * @ifindex: number of the device
 * @drops: set to how many frames they have dropped, both ways
 *
 * Return: true if it has an ingress or clsact qdisc
 */
bool link_has_clsact(int ifindex, __u64 *drops)
{
	__u32 handle;

	return !find_qdisc(ifindex, TC_H_INGRESS, &handle, drops);
}

/**
 * link_is_hardware - whether a device is a NIC, be it a virtual machine's
 * @ifname: name of the device
 *
 * Return: true if a bus device belongs to it
 */
bool link_is_hardware(const char *ifname)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/device", sysfs_net_root(), ifname);
	return !access(path, F_OK);
}
