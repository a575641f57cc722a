/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_L3_H
#define SOFTTAP_L3_H

#include <linux/rtnetlink.h>
#include <stdbool.h>

#include "host/link.h"
#include "host/netlink.h"

/* attr_of - an attribute of a message whose fixed part has a type or an expression's type */
#define attr_of(message, header, type) nl_attr(message, sizeof(header), type)

/**
 * enum l3_table - what a port loses when it goes down, in the order it comes back
 * @L3_ADDRESSES: addresses
 * @L3_NEIGHBOURS: permanent neighbours and neighbours answered for
 * @L3_NEXTHOPS: nexthop objects, groups after their members
 * @L3_ROUTES: routes through the port or with one of its addresses as their source
 */
enum l3_table {
	L3_ADDRESSES,
	L3_NEIGHBOURS,
	L3_NEXTHOPS,
	L3_ROUTES,
	N_L3_TABLES
};

/**
 * struct l3 - the IP configuration of a port
 * @ifindex: the port's number
 * @tables: messages as rtnetlink lists them
 */
struct l3 {
	int ifindex;
	struct nl_list tables[N_L3_TABLES];
};

int l3_read(struct l3 *l3, int ifindex);
void l3_free(struct l3 *l3);
void l3_renumber(struct l3 *l3, int from, int to);

bool l3_has_default_route(const struct l3 *l3);
bool l3_has_address(const struct l3 *l3, int family, const void *address);

__u32 l3_address_flags(const struct nlmsghdr *message);
bool l3_hop_ok(const struct rtnexthop *hop, int left);
bool l3_routes_through(const struct l3 *l3, const struct nlmsghdr *message);

size_t l3_restore(const struct l3 *l3, unsigned int elapsed, bool complain);
void l3_remove_extra(const struct l3 *l3, bool had_link);
int l3_flush(const struct link *link);
bool l3_is_tentative(const struct l3 *l3);

#endif /* SOFTTAP_L3_H */
