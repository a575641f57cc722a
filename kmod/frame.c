// SPDX-License-Identifier: GPL-2.0
/*
 * What a GSO super-frame amounts to on a wire.
 */
#include <linux/tcp.h>
#include <linux/udp.h>
#include "frame.h"

/* Bytes of the transport header at @offset from the data, by the kind of super-frame it is. */
static u32 transport_len(const struct sk_buff *skb, int offset)
{
	u32 type = skb_shinfo(skb)->gso_type;
	const struct tcphdr *th;
	struct tcphdr copy;

	if (type & SKB_GSO_UDP_L4)
		return sizeof(struct udphdr);
	if (!(type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
		return 0;
	th = skb_header_pointer(skb, offset, sizeof(copy), &copy);
	return th ? __tcp_hdrlen(th) : 0;
}

/* Bytes of the headers that each segment repeats, from the MAC header on. */
static u32 header_len(const struct sk_buff *skb, u32 pulled)
{
	int offset = skb->encapsulation ? skb_inner_transport_offset(skb) :
					  skb_transport_offset(skb);

	return offset + pulled + softtap_vlan_len(skb) + transport_len(skb, offset);
}

/**
 * softtap_load_gso - count the frames of a super-frame
 * @skb: a GSO one
 * @pulled: as for softtap_load_of(), for which this is
 *
 * Context: any.
 * Return: its segments, and their bytes with the headers that each has.
 */
struct softtap_load softtap_load_gso(const struct sk_buff *skb, u32 pulled)
{
	u32 size = skb_shinfo(skb)->gso_size;
	u32 header = header_len(skb, pulled);
	struct softtap_load load = {
		/* Senders that are not trusted (virtio, tun) leave the number open. */
		.frames = skb_shinfo(skb)->gso_segs,
		.bytes = skb->len + pulled + softtap_vlan_len(skb),
	};

	if (!load.frames && size && load.bytes > header)
		load.frames = DIV_ROUND_UP(load.bytes - header, size);
	if (!load.frames)
		load.frames = 1;
	load.bytes += (load.frames - 1) * header;
	return load;
}
