// SPDX-License-Identifier: GPL-2.0
/* Questions to rtnetlink and netfilter, and their answers kept as they came. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "host/netlink.h"

#define DUMP_TRIES	10	/* a table may change while it is being listed */

static struct mnl_socket *sockets[MAX_LINKS];	/* by NETLINK_* */

/**
 * nl_list_add - append a copy of a message
 * @list: to append to
 * @message: a whole message with its header
 * @size: of @message, in bytes
 *
 * Return: 0, or -ENOMEM
 */
int nl_list_add(struct nl_list *list, const void *message, size_t size)
{
	struct nlmsghdr **messages;
	struct nlmsghdr *copy;

	messages = realloc(list->messages, (list->n + 1) * sizeof(*messages));
	if (!messages)
		return -ENOMEM;
	list->messages = messages;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, message, size);
	list->messages[list->n++] = copy;
	return 0;
}

/**
 * nl_list_free - free the messages and empty the list
 * @list: the list, which can be used again
 */
void nl_list_free(struct nl_list *list)
{
	while (list->n)
		free(list->messages[--list->n]);
	free(list->messages);
	list->messages = NULL;
}

static void bus_close(int bus)
{
	mnl_socket_close(sockets[bus]);
	sockets[bus] = NULL;
}

static int bus_open(int bus)
{
	int err;

	if (sockets[bus])
		return 0;
	sockets[bus] = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!sockets[bus])
		return -errno;
	if (mnl_socket_bind(sockets[bus], 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		bus_close(bus);
		return err;
	}
	return 0;
}

static int keep_message(const struct nlmsghdr *message, void *data)
{
	struct nl_list *list = data;

	if (list && nl_list_add(list, message, message->nlmsg_len)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

static int receive_answer(struct mnl_socket *socket, unsigned int seq, struct nl_list *list)
{
	static char buffer[1 << 18];
	ssize_t n;
	int more;

	do {
		n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		more = mnl_cb_run(buffer, n, seq, mnl_socket_get_portid(socket), keep_message,
				  list);
	} while (more > MNL_CB_STOP);
	return more < 0 ? -errno : 0;
}

static int transact(int bus, struct nlmsghdr *request, struct nl_list *answer)
{
	static unsigned int seq;
	int err;

	err = bus_open(bus);
	if (err)
		return err;
	request->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(sockets[bus], request, request->nlmsg_len) < 0)
		return -errno;
	err = receive_answer(sockets[bus], seq, answer);
	/* What is left of an answer would be taken for the next one's. */
	if (err)
		bus_close(bus);
	return err;
}

/**
 * nl_talk - send one request and wait until the kernel has done it
 * @request: the message; its flags get NLM_F_REQUEST and NLM_F_ACK
 * @answer: gets what came back, or NULL
 *
 * Return: 0, or the kernel's answer as a negative errno
 */
int nl_talk(struct nlmsghdr *request, struct nl_list *answer)
{
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return transact(NETLINK_ROUTE, request, answer);
}

static int dump(int bus, struct nl_list *list, int type, const void *header, size_t size)
{
	char buffer[MNL_NLMSG_HDRLEN + 64];
	size_t had = list->n;
	int err, tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

		request->nlmsg_type = type;
		request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		memcpy(mnl_nlmsg_put_extra_header(request, size), header, size);
		err = transact(bus, request, list);
		if (err != -EINTR)
			break;
		while (list->n > had)
			free(list->messages[--list->n]);
	}
	return err;
}

/**
 * nl_dump - list a whole table
 * @list: gets the entries, after what it has
 * @type: RTM_GET…
 * @header: the fixed part of the request
 * @size: of @header, in bytes
 *
 * Return: 0, or a negative errno
 */
int nl_dump(struct nl_list *list, int type, const void *header, size_t size)
{
	return dump(NETLINK_ROUTE, list, type, header, size);
}

/**
 * nl_dump_family - list a table of one address family
 * @list: gets the entries, after what it has
 * @type: RTM_GET…
 * @family: AF_INET, AF_INET6, …
 * @size: of the request's fixed part, of which the family is the first byte and the rest is 0
 *
 * Return: 0, or a negative errno
 */
int nl_dump_family(struct nl_list *list, int type, int family, size_t size)
{
	unsigned char header[64] = { family };

	return nl_dump(list, type, header, size);
}

/**
 * nl_attr - find an attribute
 * @message: to look into
 * @header: size of the fixed part, in bytes
 * @type: of the attribute
 *
 * Return: the attribute, or NULL
 */
const struct nlattr *nl_attr(const struct nlmsghdr *message, size_t header, int type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, header)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/**
 * nl_dump_netfilter - list a table of netfilter's, of all its families
 * @list: gets the entries, after what it has
 * @type: NFNL_SUBSYS_… << 8 | message
 *
 * Return: 0, or a negative errno: -EPERM without CAP_NET_ADMIN
 */
int nl_dump_netfilter(struct nl_list *list, int type)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_UNSPEC };

	return dump(NETLINK_NETFILTER, list, type, &header, sizeof(header));
}
