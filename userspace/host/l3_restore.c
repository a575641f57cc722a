// SPDX-License-Identifier: GPL-2.0
/* Puts back a port's addresses, neighbours and routes, as l3.c kept them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "host/l3.h"
#include "lib/message.h"

#define REQUEST_SIZE	0x10000	/* bytes; an attribute's length has 16 bits */
#define FLUSH_TRIES	10	/* as iproute2 has it */

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
	for (; l3_hop_ok(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
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

static int remove_one(int type, const struct nlmsghdr *message, size_t header)
{
	static char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = start_request(buffer, type, 0, message, header);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, header)
		if (type == RTM_DELADDR ? mnl_attr_get_type(attr) == IFA_ADDRESS : !is_expiry(attr))
			copy_attr(request, attr);
	if (type == RTM_DELROUTE)
		((struct rtmsg *)mnl_nlmsg_get_payload(request))->rtm_flags = 0;
	return nl_talk(request, NULL);
}

static void remove_extra_addresses(const struct l3 *l3, const struct nl_list *now)
{
	size_t i;

	for (i = 0; i < now->n; i++)
		if (is_link_local(now->messages[i]) &&
		    !find(&l3->tables[L3_ADDRESSES], now->messages[i], same_address))
			remove_one(RTM_DELADDR, now->messages[i], sizeof(struct ifaddrmsg));
}

static void remove_extra_routes(const struct l3 *l3, const struct nl_list *now)
{
	size_t i;

	for (i = 0; i < now->n; i++)
		if (is_kernel_route(now->messages[i]) && l3_routes_through(l3, now->messages[i]) &&
		    !find(&l3->tables[L3_ROUTES], now->messages[i], same_route))
			remove_one(RTM_DELROUTE, now->messages[i], sizeof(struct rtmsg));
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
	struct l3 now;

	if (l3_read(&now, l3->ifindex))
		return;
	if (had_link)
		remove_extra_addresses(l3, &now.tables[L3_ADDRESSES]);
	remove_extra_routes(l3, &now.tables[L3_ROUTES]);
	l3_free(&now);
}

/* A secondary IPv4 address goes with the one before it. */
static int remove_address(const struct nlmsghdr *message)
{
	int err = remove_one(RTM_DELADDR, message, sizeof(struct ifaddrmsg));

	return err == -EADDRNOTAVAIL ? 0 : err;
}

/**
 * l3_flush - remove a port's addresses; the routes and neighbours that need them go as well
 * @link: the port
 *
 * Return: 0, or a negative errno after a complaint: -EBUSY if they come as fast as they go
 */
int l3_flush(const struct link *link)
{
	int err, tries;
	struct l3 now;
	size_t i, n;

	msg_verbose("ip address flush dev %s", link->ifname);
	/* One that was secondary may have become the first instead (promote_secondaries). */
	for (tries = 0; tries < FLUSH_TRIES; tries++) {
		err = l3_read(&now, link->ifindex);
		if (err)
			break;
		n = now.tables[L3_ADDRESSES].n;
		for (i = 0; i < n && !err; i++)
			err = remove_address(now.tables[L3_ADDRESSES].messages[i]);
		l3_free(&now);
		if (err || !n)
			break;
		err = -EBUSY;
	}
	if (err)
		msg_error("ip address flush dev %s: %s", link->ifname, nl_reason(err));
	return err;
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

		tentative = was && l3_address_flags(list->messages[i]) & IFA_F_TENTATIVE &&
			    !(l3_address_flags(was) & IFA_F_TENTATIVE);
	}
	l3_free(&now);
	return tentative;
}
