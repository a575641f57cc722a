// SPDX-License-Identifier: GPL-2.0
/*
 * A port's addresses, neighbours and routes, kept as the messages rtnetlink listed. l3_restore.c
 * sends them back.
 *
 * Not kept, because the kernel makes them by itself from what is kept: the routes it puts in the
 * local table, temporary IPv6 addresses, and routes learnt from a router advertisement, which come
 * again with the next one (the kernel would not refresh those that somebody else put in).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "host/l3.h"

static const int families[] = { AF_INET, AF_INET6 };

/* --- What belongs to the port ---------------------------------------------------------------- */

static bool u32_is(const struct nlattr *attr, __u32 value)
{
	return attr && mnl_attr_get_u32(attr) == value;
}

/**
 * l3_address_flags - flags of an address
 * @message: the address as listed
 *
 * Return: IFA_F_*
 */
__u32 l3_address_flags(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr = attr_of(message, *address, IFA_FLAGS);

	return attr ? mnl_attr_get_u32(attr) : address->ifa_flags;
}

static bool keep_address(const struct l3 *l3, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);

	/* The bit says "secondary" of an IPv4 address. */
	return (int)address->ifa_index == l3->ifindex &&
	       (address->ifa_family != AF_INET6 || !(l3_address_flags(message) & IFA_F_TEMPORARY));
}

static bool keep_neighbour(const struct l3 *l3, const struct nlmsghdr *message)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);

	return neighbour->ndm_ifindex == l3->ifindex &&
	       (neighbour->ndm_state & NUD_PERMANENT || neighbour->ndm_flags & NTF_PROXY);
}

static bool has_nexthop(const struct l3 *l3, __u32 id)
{
	const struct nl_list *list = &l3->tables[L3_NEXTHOPS];
	size_t i;

	for (i = 0; i < list->n; i++)
		if (u32_is(attr_of(list->messages[i], struct nhmsg, NHA_ID), id))
			return true;
	return false;
}

/* A group comes after its members: it could not be made before them. */
static bool keep_nexthop(const struct l3 *l3, const struct nlmsghdr *message)
{
	const struct nlattr *attr = attr_of(message, struct nhmsg, NHA_GROUP);
	const struct nexthop_grp *member;
	size_t i, n;

	if (!attr)
		return u32_is(attr_of(message, struct nhmsg, NHA_OIF), l3->ifindex);
	member = mnl_attr_get_payload(attr);
	n = mnl_attr_get_payload_len(attr) / sizeof(*member);
	for (i = 0; i < n; i++)
		if (has_nexthop(l3, member[i].id))
			return true;
	return false;
}

/**
 * l3_hop_ok - whether there is another hop in a route with several
 * @hop: where it would be
 * @left: bytes from there on; RTNH_OK() looks without asking whether there are any
 *
 * Return: true if there is
 */
bool l3_hop_ok(const struct rtnexthop *hop, int left)
{
	return left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
}

static bool hops_through(const struct nlattr *multipath, int ifindex)
{
	struct rtnexthop *hop;
	int left;

	if (!multipath)
		return false;
	hop = mnl_attr_get_payload(multipath);
	left = mnl_attr_get_payload_len(multipath);
	for (; l3_hop_ok(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		if (hop->rtnh_ifindex == ifindex)
			return true;
	return false;
}

/**
 * l3_has_address - whether an address is one of the port's
 * @l3: what l3_read() found
 * @family: AF_INET or AF_INET6
 * @address: in network order
 *
 * Return: true if it is
 */
bool l3_has_address(const struct l3 *l3, int family, const void *address)
{
	const struct nl_list *list = &l3->tables[L3_ADDRESSES];
	size_t size = family == AF_INET ? 4 : 16;
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct ifaddrmsg *header = mnl_nlmsg_get_payload(list->messages[i]);
		const struct nlattr *attr = attr_of(list->messages[i], *header, IFA_LOCAL);

		if (!attr)
			attr = attr_of(list->messages[i], *header, IFA_ADDRESS);
		if (attr && header->ifa_family == family &&
		    !memcmp(mnl_attr_get_payload(attr), address, size))
			return true;
	}
	return false;
}

/**
 * l3_routes_through - whether a route leads through the port
 * @l3: what l3_read() found
 * @message: the route as listed
 *
 * Return: true if one of its hops does
 */
bool l3_routes_through(const struct l3 *l3, const struct nlmsghdr *message)
{
	const struct nlattr *id = attr_of(message, struct rtmsg, RTA_NH_ID);

	return u32_is(attr_of(message, struct rtmsg, RTA_OIF), l3->ifindex) ||
	       hops_through(attr_of(message, struct rtmsg, RTA_MULTIPATH), l3->ifindex) ||
	       (id && has_nexthop(l3, mnl_attr_get_u32(id)));
}

/* A route elsewhere goes as well when the address goes that it gives as source. */
static bool keep_route(const struct l3 *l3, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *source = attr_of(message, *route, RTA_PREFSRC);

	if (route->rtm_flags & RTM_F_CLONED || (route->rtm_table == RT_TABLE_LOCAL &&
						route->rtm_protocol == RTPROT_KERNEL))
		return false;
	return l3_routes_through(l3, message) ||
	       (source && l3_has_address(l3, route->rtm_family, mnl_attr_get_payload(source)));
}

/* --- Reading --------------------------------------------------------------------------------- */

static int keep(struct l3 *l3, enum l3_table table, struct nl_list *all,
		bool (*belongs)(const struct l3 *l3, const struct nlmsghdr *message))
{
	int err = 0;
	size_t i;

	for (i = 0; i < all->n && !err; i++)
		if (belongs(l3, all->messages[i]))
			err = nl_list_add(&l3->tables[table], all->messages[i],
					  all->messages[i]->nlmsg_len);
	nl_list_free(all);
	return err;
}

static int read_addresses(struct l3 *l3)
{
	struct nl_list all = { };
	int err;

	err = nl_dump_family(&all, RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg));
	return err ? err : keep(l3, L3_ADDRESSES, &all, keep_address);
}

static int read_neighbours(struct l3 *l3)
{
	struct nl_list all = { };
	int err = 0;
	size_t i;

	for (i = 0; i < 2 && !err; i++) {
		const struct ndmsg proxies = { .ndm_family = families[i], .ndm_flags = NTF_PROXY };

		err = nl_dump_family(&all, RTM_GETNEIGH, families[i], sizeof(struct ndmsg));
		if (!err)
			err = nl_dump(&all, RTM_GETNEIGH, &proxies, sizeof(proxies));
	}
	return err ? err : keep(l3, L3_NEIGHBOURS, &all, keep_neighbour);
}

static int read_nexthops(struct l3 *l3)
{
	struct nl_list all = { };
	int err;

	err = nl_dump_family(&all, RTM_GETNEXTHOP, AF_UNSPEC, sizeof(struct nhmsg));
	/* Before Linux 5.3 there were none. */
	return err ? 0 : keep(l3, L3_NEXTHOPS, &all, keep_nexthop);
}

static int read_routes(struct l3 *l3)
{
	struct nl_list all = { };
	int err = 0;
	size_t i;

	for (i = 0; i < 2 && !err; i++)
		err = nl_dump_family(&all, RTM_GETROUTE, families[i], sizeof(struct rtmsg));
	return err ? err : keep(l3, L3_ROUTES, &all, keep_route);
}

/**
 * l3_read - read a port's addresses, neighbours and routes
 * @l3: is filled
 * @ifindex: number of the port
 *
 * Return: 0, or a negative errno
 */
int l3_read(struct l3 *l3, int ifindex)
{
	int err;

	*l3 = (struct l3){ .ifindex = ifindex };
	err = read_addresses(l3);
	if (!err)
		err = read_neighbours(l3);
	if (!err)
		err = read_nexthops(l3);
	if (!err)
		err = read_routes(l3);
	if (err)
		l3_free(l3);
	return err;
}

/**
 * l3_free - free what l3_read() found
 * @l3: all of it
 */
void l3_free(struct l3 *l3)
{
	int i;

	for (i = 0; i < N_L3_TABLES; i++)
		nl_list_free(&l3->tables[i]);
}

/* --- Another number -------------------------------------------------------------------------- */

static void renumber(void *number, __u32 from, __u32 to)
{
	if (!memcmp(number, &from, sizeof(from)))
		memcpy(number, &to, sizeof(to));
}

static void renumber_attr(const struct nlattr *attr, __u32 from, __u32 to)
{
	if (attr)
		renumber(mnl_attr_get_payload(attr), from, to);
}

static void renumber_hops(const struct nlattr *multipath, __u32 from, __u32 to)
{
	struct rtnexthop *hop;
	int left;

	if (!multipath)
		return;
	hop = mnl_attr_get_payload(multipath);
	left = mnl_attr_get_payload_len(multipath);
	for (; l3_hop_ok(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		renumber(&hop->rtnh_ifindex, from, to);
}

static void renumber_message(struct nlmsghdr *message, enum l3_table table, __u32 from, __u32 to)
{
	switch (table) {
	case L3_ADDRESSES:
		renumber(&((struct ifaddrmsg *)mnl_nlmsg_get_payload(message))->ifa_index, from,
			 to);
		break;
	case L3_NEIGHBOURS:
		renumber(&((struct ndmsg *)mnl_nlmsg_get_payload(message))->ndm_ifindex, from, to);
		break;
	case L3_NEXTHOPS:
		renumber_attr(attr_of(message, struct nhmsg, NHA_OIF), from, to);
		break;
	default:
		renumber_attr(attr_of(message, struct rtmsg, RTA_OIF), from, to);
		renumber_hops(attr_of(message, struct rtmsg, RTA_MULTIPATH), from, to);
	}
}

/**
 * l3_renumber - a device that is named in what l3_read() found has another number now
 * @l3: changed; of the device itself, or of one with routes that lead through both
 * @from: the number that the device had
 * @to: and the one that it has
 */
void l3_renumber(struct l3 *l3, int from, int to)
{
	int table;
	size_t i;

	for (table = 0; table < N_L3_TABLES; table++)
		for (i = 0; i < l3->tables[table].n; i++)
			renumber_message(l3->tables[table].messages[i], table, from, to);
	renumber(&l3->ifindex, from, to);
}

/**
 * l3_has_default_route - whether a default route needs the port
 * @l3: what l3_read() found
 *
 * In any table; through the port, or with one of its addresses as the source.
 *
 * Return: true if so
 */
bool l3_has_default_route(const struct l3 *l3)
{
	const struct nl_list *list = &l3->tables[L3_ROUTES];
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct rtmsg *route = mnl_nlmsg_get_payload(list->messages[i]);

		if (!route->rtm_dst_len && route->rtm_type == RTN_UNICAST)
			return true;
	}
	return false;
}
