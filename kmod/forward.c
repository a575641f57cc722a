// SPDX-License-Identifier: GPL-2.0
/*
 * HOT: a frame's way through the tap, from the receive handler to the peer.
 *
 * Runs in softirq under RCU on the CPU that received the frame, for one frame after the other: no
 * queue, no lock, no allocation of our own lies between receive and transmit. Frames are forwarded
 * as the bridge does it (net/bridge/br_forward.c), without what the bridge filters.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "capture.h"
#include "channel.h"
#include "compat/compat.h"
#include "forward.h"
#include "port.h"
#include "stats.h"
#include "transmit.h"

/* Bytes of the transport header at @offset from the data, by the kind of super-frame it is. */
static u32 gso_transport_len(const struct sk_buff *skb, int offset)
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

/* Bytes of the headers that each segment of a super-frame repeats, from the MAC header on. */
static u32 gso_header_len(const struct sk_buff *skb)
{
	int offset = skb->encapsulation ? skb_inner_transport_offset(skb) :
					  skb_transport_offset(skb);

	return offset + ETH_HLEN + softtap_vlan_len(skb) + gso_transport_len(skb, offset);
}

static noinline struct softtap_load gso_load(const struct sk_buff *skb, struct softtap_load load)
{
	u32 size = skb_shinfo(skb)->gso_size;
	u32 header = gso_header_len(skb);

	/* Senders that are not trusted (virtio, tun) leave the number of segments open. */
	load.frames = skb_shinfo(skb)->gso_segs;
	if (!load.frames && size && load.bytes > header)
		load.frames = DIV_ROUND_UP(load.bytes - header, size);
	if (!load.frames)
		load.frames = 1;
	load.bytes += (load.frames - 1) * header;
	return load;
}

static struct softtap_load load_of(const struct sk_buff *skb)
{
	struct softtap_load load = {
		.frames = 1,
		.bytes = skb->len + ETH_HLEN + softtap_vlan_len(skb),
	};

	return unlikely(skb_is_gso(skb)) ? gso_load(skb, load) : load;
}

/* What nobody records is idle. */
static void count_rx(const struct softtap_port *port, struct softtap_load load, bool recording)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->rx_frames, load.frames);
	u64_stats_add(&counters->rx_bytes, load.bytes);
	if (!recording)
		u64_stats_add(&counters->idle_frames, load.frames);
	u64_stats_update_end(&counters->sync);
}

static void count_tx(const struct softtap_port *peer, struct softtap_load load, bool sent)
{
	struct softtap_counters *counters = this_cpu_ptr(peer->counters);

	u64_stats_update_begin(&counters->sync);
	if (likely(sent)) {
		u64_stats_add(&counters->tx_frames, load.frames);
		u64_stats_add(&counters->tx_bytes, load.bytes);
	} else {
		u64_stats_add(&counters->tx_dropped, load.frames);
	}
	u64_stats_update_end(&counters->sync);
}

/**
 * softtap_handle_frame - a port's rx_handler
 * @pskb: what the device received, its data at the network header
 *
 * What carries PACKET_LOOPBACK is a copy that the stack made of a frame sent to it itself; it must
 * go on, or it would be forwarded for ever.
 *
 * Context: softirq (BH off), RCU read side, as __netif_receive_skb_core() calls it.
 * Return: RX_HANDLER_CONSUMED; RX_HANDLER_PASS for loopback copies.
 */
rx_handler_result_t softtap_handle_frame(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	const struct softtap_port *port = rcu_dereference(skb->dev->rx_handler_data);
	struct softtap_buffer *buffer;
	struct softtap_load load;
	bool recording;

	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;

	load = load_of(skb);
	buffer = this_cpu_ptr(port->buffers);
	recording = READ_ONCE(buffer->recording);
	if (recording)
		load = softtap_capture(port, buffer, skb, load);
	count_rx(port, load, recording);
	if (port->peer)
		count_tx(port->peer, load, softtap_transmit(port->peer, skb));
	else
		consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}
