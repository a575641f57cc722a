// SPDX-License-Identifier: GPL-2.0
/* Questions to the kernel over netlink, and its answers kept as they came. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/netlink.h"
#include "lib/message.h"
#include "lib/util.h"

#define DUMP_TRIES	10	/* a table may change while it is being listed */

static struct mnl_socket *sockets[MAX_LINKS];	/* by NETLINK_* */
static char reason[128];	/* the kernel's own words for the last refusal, or empty */

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
	/* A kernel that has no words for its refusals still has a number. */
	mnl_socket_setsockopt(sockets[bus], NETLINK_EXT_ACK, &(int){ 1 }, sizeof(int));
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

static void keep_reason(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	size_t header = sizeof(*error);

	reason[0] = '\0';
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))	/* the request comes back as well */
		header += error->msg.nlmsg_len - sizeof(error->msg);
	attr = nl_attr(message, header, NLMSGERR_ATTR_MSG);
	if (attr)
		snprintf(reason, sizeof(reason), "%s", mnl_attr_get_str(attr));
}

static int take_error(const struct nlmsghdr *message, void *data)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	(void)data;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (!error->error)
		return MNL_CB_STOP;
	keep_reason(message);
	errno = -error->error;
	return MNL_CB_ERROR;
}

/**
 * nl_reason - why the kernel refused the last request
 * @err: what nl_talk() or another one returned
 *
 * Return: the kernel's own words where it has some, else those for @err
 */
const char *nl_reason(int err)
{
	return *reason ? reason : strerror(-err);
}

static int receive_answer(struct mnl_socket *socket, unsigned int seq, struct nl_list *list)
{
	static mnl_cb_t control[] = { [NLMSG_ERROR] = take_error };
	static char buffer[1 << 18];
	ssize_t n;
	int more;

	do {
		n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		more = mnl_cb_run2(buffer, n, seq, mnl_socket_get_portid(socket), keep_message,
				   list, control, ARRAY_SIZE(control));
	} while (more > MNL_CB_STOP);
	return more < 0 ? -errno : 0;
}

static int transact(int bus, struct nlmsghdr *request, struct nl_list *answer)
{
	static unsigned int seq;
	int err;

	reason[0] = '\0';
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

/**
 * nl_step - change something, show what under --verbose, and complain if the kernel refuses
 * @request: as for nl_talk()
 * @command: the command of iproute2 that does the same
 *
 * Return: 0, or the kernel's answer as a negative errno after a complaint
 */
int nl_step(struct nlmsghdr *request, const char *command)
{
	int err;

	msg_verbose("%s", command);
	err = nl_talk(request, NULL);
	if (err)
		msg_error("%s: %s", command, nl_reason(err));
	return err;
}

/**
 * nl_talk_generic - send one request to a generic family and wait until the kernel has done it
 * @request: the message; its flags get NLM_F_REQUEST and NLM_F_ACK
 * @answer: gets what came back, or NULL
 *
 * Return: 0, or the kernel's answer as a negative errno
 */
int nl_talk_generic(struct nlmsghdr *request, struct nl_list *answer)
{
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return transact(NETLINK_GENERIC, request, answer);
}

/**
 * nl_generic_family - find a generic family
 * @name: of it
 *
 * Return: its number, or a negative errno: -ENOENT if the kernel does not have it
 */
int nl_generic_family(const char *name)
{
	char buffer[MNL_NLMSG_HDRLEN + 128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nl_list answer = { };
	struct genlmsghdr *header;
	const struct nlattr *attr = NULL;
	int err, family = -ENOENT;

	request->nlmsg_type = GENL_ID_CTRL;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 1;
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, name);
	err = nl_talk_generic(request, &answer);
	if (!err && answer.n)
		attr = nl_attr(answer.messages[0], sizeof(*header), CTRL_ATTR_FAMILY_ID);
	if (attr)
		family = mnl_attr_get_u16(attr);
	nl_list_free(&answer);
	return err ? err : family;
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
