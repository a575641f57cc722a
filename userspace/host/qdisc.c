// SPDX-License-Identifier: GPL-2.0
/* The root qdisc of a port: one that keeps frames in order, and then the one that was there. */
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "host/netlink.h"
#include "host/qdisc.h"
#include "lib/message.h"

static bool keeps_order(const char *qdisc)
{
	return !strcmp(qdisc, "noqueue") || !strcmp(qdisc, "pfifo") || !strcmp(qdisc, "bfifo");
}

/**
 * qdisc_may_reorder - whether a port has a qdisc that may reorder frames
 * @link: the port
 *
 * One that somebody has set stays. A port that has never been up shows "noop" and gets its qdisc
 * when it comes up: none if there is no hardware behind it.
 *
 * Return: whether it is to get another one
 */
bool qdisc_may_reorder(const struct link *link)
{
	if (link->qdisc_handle || keeps_order(link->qdisc))
		return false;
	return strcmp(link->qdisc, "noop") || link_is_hardware(link->ifname);
}

static struct nlmsghdr *root_request(char *buffer, int type, int flags, const struct link *link)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc;

	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_ifindex = link->ifindex;
	tc->tcm_parent = TC_H_ROOT;
	return request;
}

/**
 * qdisc_set_fifo - give a port a qdisc that keeps frames in order
 * @link: the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int qdisc_set_fifo(const struct link *link)
{
	char buffer[256], command[128];
	struct nlmsghdr *request;

	request = root_request(buffer, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, link);
	mnl_attr_put_strz(request, TCA_KIND, "pfifo");
	snprintf(command, sizeof(command), "tc qdisc replace dev %s root pfifo", link->ifname);
	return nl_step(request, command);
}

static int delete_qdisc(const struct link *link)
{
	char buffer[256], command[128];

	snprintf(command, sizeof(command), "tc qdisc delete dev %s root", link->ifname);
	return nl_step(root_request(buffer, RTM_DELQDISC, 0, link), command);
}

/* Only what a user has set can be deleted, and what a port that is down has then is noop. */
static int restore_noop(const struct link *now)
{
	int err;

	err = link_set_up(now, false);
	if (err || (!strcmp(now->qdisc, "noop") && !now->qdisc_handle))
		return err;
	err = qdisc_set_fifo(now);
	return err ? err : delete_qdisc(now);
}

/* The kernel gives a port its default qdisc when the last one is deleted, or when it comes up. */
static int restore_default(const struct link *now)
{
	int err = 0;

	if (now->qdisc_handle)
		err = delete_qdisc(now);
	if (!err && !(now->flags & IFF_UP))
		err = link_set_up(now, true);
	return err;
}

/**
 * qdisc_restore - give a port its root qdisc back
 * @kind: what it had
 * @handle: and its handle: what somebody had set was never taken
 * @now: the port, brought up or set down on the way; read anew
 *
 * Return: 0, or a negative errno after a complaint
 */
int qdisc_restore(const char *kind, __u32 handle, struct link *now)
{
	int err;

	if (handle || (!now->qdisc_handle && !strcmp(now->qdisc, kind)))
		return 0;
	if (!strcmp(kind, "noop"))
		return restore_noop(now);
	err = restore_default(now);
	if (err || link_by_index(now, now->ifindex) || !strcmp(now->qdisc, kind))
		return err;
	msg_warning("%s: the kernel's default qdisc is %s now, it was %s", now->ifname, now->qdisc,
		    kind);
	return 0;
}
