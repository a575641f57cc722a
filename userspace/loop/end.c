// SPDX-License-Identifier: GPL-2.0
/*
 * One end of the cable: frames go out as they are given, with an FCS of their own if asked, and
 * come in as they were on the wire.
 *
 * The kernel takes the outer VLAN tag out of what it receives, before any packet socket sees it
 * (skb_vlan_untag() in __netif_receive_skb_core()), and tells of it beside the frame: it is put in
 * again here.
 *
 * Frames that a card hands up together are given to the last of all who want them later than to
 * the others, grouped by who that is (__netif_receive_skb_list_core()): there, one that IP wants
 * overtakes one that nobody else does. Sockets that were opened later come first; so one that
 * takes nothing is opened before the other.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "loop/end.h"
#include "lib/message.h"
#include "lib/numbers.h"

#define RECEIVE_BUFFER	(128 << 20)	/* bytes, for a burst that nobody reads before its end */
#define ADDRESSES	(2 * ETH_ALEN)
#define TAG		4		/* bytes, IEEE Std 802.1Q, 9.3 */

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int bind_to(int fd, int ifindex)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* Return: its descriptor, or a negative errno */
static int open_last(int ifindex)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = { .len = 1, .filter = &nothing };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ?
	      -errno : bind_to(fd, ifindex);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Promiscuous for as long as the socket is there: the kernel counts who wants that. */
static int set_up(int fd, int ifindex)
{
	const struct packet_mreq promiscuous = {
		.mr_ifindex = ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};
	const struct timeval patience = { .tv_sec = 2 };
	int err;

	err = set(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (!err)
		err = set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (!err)
		err = set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (!err)
		err = set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	if (!err && (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
		     setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
				sizeof(promiscuous)) < 0))
		err = -errno;
	return err ? err : bind_to(fd, ifindex);
}

/**
 * loop_end_open - begin to receive at a port
 * @end: is set
 * @link: the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int loop_end_open(struct loop_end *end, const struct link *link)
{
	int err;

	*end = (struct loop_end){ .fd = -1, .last = open_last(link->ifindex) };
	err = end->last < 0 ? end->last : 0;
	if (!err) {
		end->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		err = end->fd < 0 ? -errno : set_up(end->fd, link->ifindex);
	}
	if (err)
		msg_error("%s: no packet socket: %s", link->ifname, strerror(-err));
	return err;
}

/**
 * loop_end_close - end that
 * @end: also one that could not be opened
 */
void loop_end_close(struct loop_end *end)
{
	if (end->fd >= 0)
		close(end->fd);
	if (end->last >= 0)
		close(end->last);
	end->fd = -1;
	end->last = -1;
}

/**
 * loop_end_send - send a frame
 * @end: where
 * @frame: the frame
 * @len: its bytes
 * @no_fcs: it ends in its FCS; otherwise the card makes one
 *
 * Waits for room while the card does not take it, for two seconds.
 *
 * Return: 0, or a negative errno: -EPROTONOSUPPORT if the driver makes each FCS itself
 * (IFF_SUPP_NOFCS), -EMSGSIZE for one that is longer than the MTU allows, -EAGAIN without room
 */
int loop_end_send(struct loop_end *end, const void *frame, size_t len, bool no_fcs)
{
	int err;

	if (end->no_fcs != no_fcs) {
		err = set(end->fd, SOL_SOCKET, SO_NOFCS, no_fcs);
		if (err)
			return err;
		end->no_fcs = no_fcs;
	}
	return send(end->fd, frame, len, 0) < 0 ? -errno : 0;
}

static void look_at(struct msghdr *message, struct tpacket_auxdata *aux, __u64 *time)
{
	struct cmsghdr *control;
	struct timespec stamp;

	for (control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA) {
			memcpy(aux, CMSG_DATA(control), sizeof(*aux));
		} else if (control->cmsg_level == SOL_SOCKET &&
			   control->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
			*time = stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
		}
	}
}

/* Return: the bytes of the frame with its tag */
static size_t insert_tag(unsigned char *frame, size_t len, const struct tpacket_auxdata *aux)
{
	const __u16 tag[] = {
		htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q),
		htons(aux->tp_vlan_tci),
	};

	memmove(frame + ADDRESSES + TAG, frame + ADDRESSES, len - ADDRESSES);
	memcpy(frame + ADDRESSES, tag, TAG);
	return len + TAG;
}

/**
 * loop_end_receive - take a frame that has come, without waiting
 * @end: where
 * @frame: gets it, as it was on the wire; with its FCS if the port has NETIF_F_RXFCS
 * @size: of that, more than any frame has
 * @time: set to when it came, ns of the wall clock
 *
 * Return: its bytes, or a negative errno: -EAGAIN if there is none
 */
ssize_t loop_end_receive(struct loop_end *end, unsigned char *frame, size_t size, __u64 *time)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
			  CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct iovec piece = { .iov_base = frame, .iov_len = size - TAG };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct tpacket_auxdata aux = { };
	ssize_t len = recvmsg(end->fd, &message, MSG_DONTWAIT);

	if (len < 0)
		return -errno;
	look_at(&message, &aux, time);
	if (aux.tp_status & TP_STATUS_VLAN_VALID && len >= ADDRESSES)
		len = insert_tag(frame, len, &aux);
	return len;
}

/**
 * loop_end_missed - how many frames found no room in the socket
 * @end: where
 *
 * Return: frames, since the last call
 */
unsigned int loop_end_missed(struct loop_end *end)
{
	struct tpacket_stats stats = { };
	socklen_t size = sizeof(stats);

	getsockopt(end->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
	return stats.tp_drops;
}
