// SPDX-License-Identifier: GPL-2.0
/*
 * A port's addresses, neighbours and routes: kept as the messages rtnetlink listed, and sent back
 * later.
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
#include <unistd.h>

#include "l3.h"
#include "message.h"

#define REQUEST_SIZE	0x10000	/* bytes; an attribute's length has 16 bits */

#define attr_of(message, header, type) nl_attr(message, sizeof(header), type)

static const int families[] = { AF_INET, AF_INET6 };

/* --- What belongs to the port ---------------------------------------------------------------- */

static bool u32_is(const struct nlattr *attr, __u32 value)
{
	return attr && mnl_attr_get_u32(attr) == value;
}

static __u32 address_flags(const struct nlmsghdr *message)
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
	       (address->ifa_family != AF_INET6 || !(address_flags(message) & IFA_F_TEMPORARY));
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

static bool hops_through(const struct nlattr *multipath, int ifindex)
{
	struct rtnexthop *hop;
	int left;

	if (!multipath)
		return false;
	hop = mnl_attr_get_payload(multipath);
	left = mnl_attr_get_payload_len(multipath);
	for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
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

static bool route_through(const struct l3 *l3, const struct nlmsghdr *message)
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
	return route_through(l3, message) ||
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

/* --- Making requests out of what was listed -------------------------------------------------- */

static struct nlmsghdr *start_request(char *buffer, int type, int flags,
				      const struct nlmsghdr *message, size_t header)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	memcpy(mnl_nlmsg_put_extra_header(request, header), mnl_nlmsg_get_payload(message), header);
	return request;
}

static void copy_attr(struct nlmsghdr *request, const struct nlattr *attr)
{
	mnl_attr_put(request, attr->nla_type, mnl_attr_get_payload_len(attr),
		     mnl_attr_get_payload(attr));
}

static bool shorten(__u32 *lifetime, unsigned int elapsed)
{
	if (*lifetime == UINT32_MAX)
		return true;
	*lifetime = *lifetime > elapsed ? *lifetime - elapsed : 0;
	return *lifetime;
}

/* Return: false if the address' time is over */
static bool put_lifetime(struct nlmsghdr *request, const struct nlattr *attr, unsigned int elapsed)
{
	struct ifa_cacheinfo lifetime;

	memcpy(&lifetime, mnl_attr_get_payload(attr), sizeof(lifetime));
	shorten(&lifetime.ifa_prefered, elapsed);
	if (!shorten(&lifetime.ifa_valid, elapsed))
		return false;
	mnl_attr_put(request, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
	return true;
}

static struct nlmsghdr *address_request(char *buffer, const struct nlmsghdr *message,
					unsigned int elapsed)
{
	struct nlmsghdr *request = start_request(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
						 message, sizeof(struct ifaddrmsg));
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct ifaddrmsg)) {
		if (mnl_attr_get_type(attr) != IFA_CACHEINFO)
			copy_attr(request, attr);
		else if (!put_lifetime(request, attr, elapsed))
			return NULL;
	}
	return request;
}

static struct nlmsghdr *neighbour_request(char *buffer, const struct nlmsghdr *message,
					  unsigned int elapsed)
{
	struct nlmsghdr *request = start_request(buffer, RTM_NEWNEIGH,
						 NLM_F_CREATE | NLM_F_REPLACE, message,
						 sizeof(struct ndmsg));
	const struct nlattr *attr;

	(void)elapsed;
	mnl_attr_for_each(attr, message, sizeof(struct ndmsg)) {
		int type = mnl_attr_get_type(attr);

		if (type == NDA_DST || type == NDA_LLADDR || type == NDA_PROTOCOL)
			copy_attr(request, attr);
	}
	return request;
}

static struct nlmsghdr *nexthop_request(char *buffer, const struct nlmsghdr *message,
					unsigned int elapsed)
{
	struct nlmsghdr *request = start_request(buffer, RTM_NEWNEXTHOP,
						 NLM_F_CREATE | NLM_F_REPLACE, message,
						 sizeof(struct nhmsg));
	struct nhmsg *header = mnl_nlmsg_get_payload(request);
	const struct nlattr *attr;

	(void)elapsed;
	/* The kernel tells these, and does not take them. */
	header->nh_scope = 0;
	header->nh_flags &= RTNH_F_ONLINK;
	mnl_attr_for_each(attr, message, sizeof(struct nhmsg))
		if (mnl_attr_get_type(attr) <= NHA_ENCAP)
			copy_attr(request, attr);
	return request;
}

static void put_multipath(struct nlmsghdr *request, const struct nlattr *attr)
{
	int left = mnl_attr_get_payload_len(attr);
	struct rtnexthop *hop;

	copy_attr(request, attr);
	hop = (struct rtnexthop *)((char *)mnl_nlmsg_get_payload_tail(request) - MNL_ALIGN(left));
	for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		hop->rtnh_flags &= RTNH_F_ONLINK;
}

/*
 * The kernel lists what is left of a route's life in clock ticks among other things, and takes it
 * in seconds as an attribute of its own. Return: false if it is over.
 */
static bool put_expiry(struct nlmsghdr *request, const struct nlattr *attr, unsigned int elapsed)
{
	const struct rta_cacheinfo *cache = mnl_attr_get_payload(attr);
	__u32 seconds = cache->rta_expires / sysconf(_SC_CLK_TCK);

	if (!cache->rta_expires)
		return true;
	if (cache->rta_expires < 0 || !shorten(&seconds, elapsed))
		return false;
	mnl_attr_put_u32(request, RTA_EXPIRES, seconds);
	return true;
}

/* With a nexthop object the kernel lists what it stands for too, and does not take both. */
static bool stands_for_nexthop(int type)
{
	return type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH ||
	       type == RTA_ENCAP || type == RTA_ENCAP_TYPE;
}

static struct nlmsghdr *route_request(char *buffer, const struct nlmsghdr *message,
				      unsigned int elapsed)
{
	const struct rtmsg *listed = mnl_nlmsg_get_payload(message);
	bool by_id = attr_of(message, *listed, RTA_NH_ID);
	struct nlmsghdr *request;
	struct rtmsg *route;
	const struct nlattr *attr;

	/* Several IPv4 routes to one destination stay in the order they were listed. */
	request = start_request(buffer, RTM_NEWROUTE, NLM_F_CREATE |
				(listed->rtm_family == AF_INET ? NLM_F_APPEND : 0), message,
				sizeof(*listed));
	route = mnl_nlmsg_get_payload(request);
	route->rtm_flags &= RTNH_F_ONLINK;
	mnl_attr_for_each(attr, message, sizeof(*listed)) {
		int type = mnl_attr_get_type(attr);

		if (by_id && stands_for_nexthop(type))
			continue;
		if (type == RTA_MULTIPATH)
			put_multipath(request, attr);
		else if (type != RTA_CACHEINFO)
			copy_attr(request, attr);
		else if (!put_expiry(request, attr, elapsed))
			return NULL;
	}
	return request;
}

/* --- Putting back ---------------------------------------------------------------------------- */

static const struct {
	const char *what;
	struct nlmsghdr *(*request)(char *buffer, const struct nlmsghdr *message,
				    unsigned int elapsed);
} makers[N_L3_TABLES] = {
	[L3_ADDRESSES]	= { "an address", address_request },
	[L3_NEIGHBOURS]	= { "a neighbour", neighbour_request },
	[L3_NEXTHOPS]	= { "a nexthop", nexthop_request },
	[L3_ROUTES]	= { "a route", route_request },
};

static int restore_one(enum l3_table table, const struct nlmsghdr *message, unsigned int elapsed,
		       bool complain)
{
	static char buffer[REQUEST_SIZE];
	struct nlmsghdr *request;
	int err;

	request = makers[table].request(buffer, message, elapsed);
	if (!request)
		return 0;
	err = nl_talk(request, NULL);
	if (!err || err == -EEXIST)
		return 0;
	if (complain)
		msg_error("%s cannot be put back: %s", makers[table].what, strerror(-err));
	return err;
}

static bool comes_by_itself(enum l3_table table, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	return table == L3_ROUTES && route->rtm_protocol == RTPROT_RA;
}

static bool is_ipv6_address(enum l3_table table, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);

	return table == L3_ADDRESSES && address->ifa_family == AF_INET6;
}

static size_t restore_table(const struct l3 *l3, enum l3_table table, unsigned int elapsed,
			    bool complain)
{
	const struct nl_list *list = &l3->tables[table];
	size_t missing = 0;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!is_ipv6_address(table, list->messages[i]) &&
		    !comes_by_itself(table, list->messages[i]) &&
		    restore_one(table, list->messages[i], elapsed, complain))
			missing++;
	/* A new IPv6 address goes to the head of the list. */
	for (i = list->n; i-- > 0;)
		if (is_ipv6_address(table, list->messages[i]) &&
		    restore_one(table, list->messages[i], elapsed, complain))
			missing++;
	return missing;
}

/**
 * l3_restore - put back what is missing of a port's addresses, neighbours and routes
 * @l3: what l3_read() found then
 * @elapsed: seconds since then
 * @complain: whether to say what could not be put back
 *
 * What is there already is left alone, so this can be called until nothing is missing: a route may
 * have to wait until its source address has been checked to be unique (DAD), or for another port.
 *
 * Return: how many of them are missing still
 */
size_t l3_restore(const struct l3 *l3, unsigned int elapsed, bool complain)
{
	size_t missing = 0;
	int table;

	for (table = 0; table < N_L3_TABLES; table++)
		missing += restore_table(l3, table, elapsed, complain);
	return missing;
}

/* --- What has come that was not there -------------------------------------------------------- */

static bool same_address(const struct nlmsghdr *one, const struct nlmsghdr *other)
{
	const struct ifaddrmsg *a = mnl_nlmsg_get_payload(one);
	const struct ifaddrmsg *b = mnl_nlmsg_get_payload(other);
	const struct nlattr *x = attr_of(one, *a, IFA_ADDRESS);
	const struct nlattr *y = attr_of(other, *b, IFA_ADDRESS);

	return a->ifa_family == b->ifa_family && a->ifa_prefixlen == b->ifa_prefixlen && x && y &&
	       x->nla_len == y->nla_len && !memcmp(x, y, x->nla_len);
}

static bool is_expiry(const struct nlattr *attr)
{
	return mnl_attr_get_type(attr) == RTA_CACHEINFO;
}

static bool has_attr(const struct nlmsghdr *message, const struct nlattr *wanted)
{
	const struct nlattr *attr = attr_of(message, struct rtmsg, mnl_attr_get_type(wanted));

	return attr && attr->nla_len == wanted->nla_len && !memcmp(attr, wanted, attr->nla_len);
}

static bool same_route(const struct nlmsghdr *one, const struct nlmsghdr *other)
{
	const struct rtmsg *a = mnl_nlmsg_get_payload(one);
	const struct rtmsg *b = mnl_nlmsg_get_payload(other);
	const struct nlattr *attr;

	if (memcmp(a, b, offsetof(struct rtmsg, rtm_flags)))
		return false;
	mnl_attr_for_each(attr, one, sizeof(*a))
		if (!is_expiry(attr) && !has_attr(other, attr))
			return false;
	return true;
}

static const struct nlmsghdr *find(const struct nl_list *list, const struct nlmsghdr *message,
				   bool (*same)(const struct nlmsghdr *one,
						const struct nlmsghdr *other))
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (same(list->messages[i], message))
			return list->messages[i];
	return NULL;
}

static bool is_link_local(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);

	return address->ifa_family == AF_INET6 && address->ifa_scope == RT_SCOPE_LINK;
}

static bool is_kernel_route(const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	return route->rtm_protocol == RTPROT_KERNEL && route->rtm_type == RTN_UNICAST;
}

static void remove_one(int type, const struct nlmsghdr *message, size_t header)
{
	static char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = start_request(buffer, type, 0, message, header);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, header)
		if (type == RTM_DELADDR ? mnl_attr_get_type(attr) == IFA_ADDRESS : !is_expiry(attr))
			copy_attr(request, attr);
	if (type == RTM_DELROUTE)
		((struct rtmsg *)mnl_nlmsg_get_payload(request))->rtm_flags = 0;
	nl_talk(request, NULL);
}

/**
 * l3_remove_extra - remove what the kernel made by itself and was not there before
 * @l3: what l3_read() found then
 * @had_link: whether the port had a link then
 *
 * A host whose owner had removed the link-local address of a port that was up must not find it
 * there again; nor the routes that come with an address. Nothing that somebody else made is
 * removed.
 */
void l3_remove_extra(const struct l3 *l3, bool had_link)
{
	struct nl_list *list;
	struct l3 now;
	size_t i;

	if (l3_read(&now, l3->ifindex))
		return;
	list = &now.tables[L3_ADDRESSES];
	for (i = 0; i < list->n && had_link; i++)
		if (is_link_local(list->messages[i]) &&
		    !find(&l3->tables[L3_ADDRESSES], list->messages[i], same_address))
			remove_one(RTM_DELADDR, list->messages[i], sizeof(struct ifaddrmsg));
	list = &now.tables[L3_ROUTES];
	for (i = 0; i < list->n; i++)
		if (is_kernel_route(list->messages[i]) && route_through(l3, list->messages[i]) &&
		    !find(&l3->tables[L3_ROUTES], list->messages[i], same_route))
			remove_one(RTM_DELROUTE, list->messages[i], sizeof(struct rtmsg));
	l3_free(&now);
}

/**
 * l3_is_tentative - whether an address is still being checked that was not then
 * @l3: what l3_read() found then
 *
 * Return: true if there is one
 */
bool l3_is_tentative(const struct l3 *l3)
{
	const struct nl_list *list;
	bool tentative = false;
	struct l3 now;
	size_t i;

	if (l3_read(&now, l3->ifindex))
		return false;
	list = &now.tables[L3_ADDRESSES];
	for (i = 0; i < list->n && !tentative; i++) {
		const struct nlmsghdr *was = find(&l3->tables[L3_ADDRESSES], list->messages[i],
						  same_address);

		tentative = was && address_flags(list->messages[i]) & IFA_F_TENTATIVE &&
			    !(address_flags(was) & IFA_F_TENTATIVE);
	}
	l3_free(&now);
	return tentative;
}
