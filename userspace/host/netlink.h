/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NETLINK_H
#define SOFTTAP_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>

/**
 * struct nl_list - messages that the kernel sent
 * @messages: copies of them, each allocated by itself
 * @n: how many
 */
struct nl_list {
	struct nlmsghdr **messages;
	size_t n;
};

int nl_list_add(struct nl_list *list, const void *message, size_t size);
void nl_list_free(struct nl_list *list);

int nl_dump(struct nl_list *list, int type, const void *header, size_t size);
int nl_dump_family(struct nl_list *list, int type, int family, size_t size);
int nl_talk(struct nlmsghdr *request, struct nl_list *answer);
int nl_step(struct nlmsghdr *request, const char *command);
int nl_talk_generic(struct nlmsghdr *request, struct nl_list *answer);
int nl_generic_family(const char *name);
int nl_dump_netfilter(struct nl_list *list, int type);

const char *nl_reason(int err);
const struct nlattr *nl_attr(const struct nlmsghdr *message, size_t header, int type);

#endif /* SOFTTAP_NETLINK_H */
