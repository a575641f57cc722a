/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_LINK_H
#define SOFTTAP_LINK_H

#include <linux/types.h>
#include <net/if.h>
#include <stdbool.h>

#define LINK_NAME	128	/* bytes, of an alternative name (ALTIFNAMSIZ in the kernel) */
#define LINK_ADDRESS	(3 * 32)	/* bytes, MAX_ADDR_LEN of them as text */
#define KIND_NAME	32	/* bytes, the name of a device's or a qdisc's kind */

/**
 * struct link - what the kernel tells of a network device
 * @ifname: its name
 * @ifindex: its number, which stays when it is renamed
 * @flags: IFF_*
 * @type: ARPHRD_*
 * @master: number of the device that it is a member of, or 0
 * @lower: number of the device that it stands on, or 0; of a veth, its peer's
 * @kind: "bridge", "veth"…, empty for most hardware
 * @address: the hardware address as text, "02:00:00:00:00:01"
 * @mtu: bytes
 * @max_mtu: the largest that it can have, 0 where the driver sets no bound
 * @qdisc: kind of the root qdisc
 * @qdisc_handle: 0 when the kernel made the root qdisc by itself
 * @xdp: XDP_ATTACHED_*, how XDP programs are attached
 * @xdp_program: number of the one that is, if there is one
 */
struct link {
	char ifname[IF_NAMESIZE];
	int ifindex;
	unsigned int flags;
	unsigned int type;
	int master;
	int lower;
	char kind[KIND_NAME];
	char address[LINK_ADDRESS];
	unsigned int mtu;
	unsigned int max_mtu;
	char qdisc[KIND_NAME];
	__u32 qdisc_handle;
	unsigned int xdp;
	__u32 xdp_program;
};

int link_by_name(struct link *link, const char *ifname);
int link_by_index(struct link *link, int ifindex);
int link_set_up(const struct link *link, bool up);
int link_set_mtu(const struct link *link, unsigned int mtu);
bool link_is_one_of(const struct link *link, const char *const kinds[], size_t n);
bool link_stacked_on(struct link *upper, int ifindex);
bool link_has_clsact(int ifindex, __u64 *drops);
bool link_is_hardware(const char *ifname);

#endif /* SOFTTAP_LINK_H */
