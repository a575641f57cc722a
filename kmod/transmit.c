// SPDX-License-Identifier: GPL-2.0
/*
 * HOT: out of a port, by one of two ways.
 *
 * The long way is dev_queue_xmit(), which finds out again for every frame what the device can do
 * and what hangs on it. Where the answer is "nothing to do" the frame goes to the driver at once,
 * under the same locks and only if nothing waits in the port's qdisc: both ways end in one queue,
 * and neither overtakes the other. What has several transmit queues goes the long way always, as
 * that is where they are chosen. Trace events of the stack (net_dev_start_xmit) see the long way
 * only.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/sch_generic.h>
#include "compat/compat.h"
#include "frame.h"
#include "frame_fcs.h"
#include "port.h"
#include "transmit.h"

/*
 * A checksum that a device is to finish behind VLAN tags in the payload: the device wants the
 * network header to stand behind them (as br_dev_queue_push_xmit() does it).
 */
static noinline void fix_network_header(struct sk_buff *skb)
{
	int depth;

	if (__vlan_get_protocol(skb, skb->protocol, &depth))
		skb_set_network_header(skb, depth);
}

/* What is merged by LRO cannot be taken apart as it came; the stack does not send it. */
static noinline bool transmit_long(struct sk_buff *skb)
{
	if (unlikely(skb_is_gso(skb) && skb_warn_if_lro(skb))) {
		kfree_skb(skb);
		return false;
	}
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && eth_type_vlan(skb->protocol)))
		fix_network_header(skb);
	/*
	 * No rule of netfilter sees the other way, so none sees this one; nor does the guard. The
	 * stack takes the mark off again, if it has such hooks at all.
	 */
	softtap_skip_egress(skb);
	return dev_queue_xmit(skb) == NET_XMIT_SUCCESS;
}

/*
 * Without a transport header nobody knows how long segments will be. An IPv6 jumbogram's segments
 * lose the option that says how long it is (ipv6_hopopt_jumbo_remove()).
 */
static noinline bool super_frame_fits(const struct sk_buff *skb, unsigned int limit)
{
	if (skb_transport_offset(skb) <= skb_network_offset(skb))
		return true;
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 && skb->len > GSO_LEGACY_MAX_SIZE)
		limit += softtap_jumbo_option_size();
	return skb_gso_validate_mac_len(skb, limit);
}

/*
 * What is longer than the MTU, with two tags, fits on no link of that MTU. Some drivers would drop
 * it without a word, some would cut it.
 */
static bool fits(const struct sk_buff *skb, const struct net_device *dev)
{
	unsigned int limit = READ_ONCE(dev->mtu) + ETH_HLEN + 2 * VLAN_HLEN;

	if (likely(skb->len + softtap_vlan_len(skb) <= limit))
		return true;
	if (skb->no_fcs)
		return skb->len <= limit + ETH_FCS_LEN;
	return skb_is_gso(skb) && super_frame_fits(skb, limit - softtap_vlan_len(skb));
}

/*
 * The driver can take the skb as it is: for this device and skb validate_xmit_skb() would change
 * nothing in it. (What a driver's ndo_features_check() takes back concerns the rest.) Which devices
 * reach what CPUs cannot read, the stack knows.
 */
static bool is_plain(struct sk_buff *skb, const struct net_device *dev)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL || skb_vlan_tag_present(skb) ||
	    skb_has_extensions(skb) || skb_dst(skb) || skb_is_gso(skb))
		return false;
	return !skb_is_nonlinear(skb) ||
	       (dev->features & NETIF_F_SG && !skb_has_frag_list(skb) &&
		softtap_frags_readable(skb));
}

/*
 * Nobody wants to see or change what leaves: no tc egress, no packet socket, no hook of netfilter
 * that frames of the tap cannot be told to pass.
 */
static bool is_unwatched(struct net_device *dev)
{
	return !softtap_has_tc_egress(dev) && !softtap_has_nf_egress(dev) && !dev_nit_active(dev);
}

/* As dev_queue_xmit() does it for a device without a queue. */
static bool start_unqueued(struct sk_buff *skb, struct net_device *dev, struct netdev_queue *txq,
			   netdev_tx_t *answer)
{
	if (unlikely(!softtap_is_lltx(dev) || !(dev->flags & IFF_UP) || netif_xmit_stopped(txq)))
		return false;
	*answer = netdev_start_xmit(skb, dev, txq, false);
	return true;
}

/*
 * The right to send past @qdisc, which is empty and which nobody else empties meanwhile: it must
 * have a lock, which is held for that. A size table, if it has one, is for the stack to look up.
 */
static bool enter_qdisc(struct Qdisc *qdisc)
{
	bool entered;

	if ((qdisc->flags & (TCQ_F_CAN_BYPASS | TCQ_F_NOLOCK)) != TCQ_F_CAN_BYPASS ||
	    unlikely(rcu_access_pointer(qdisc->stab)))
		return false;
	if (!spin_trylock(qdisc_lock(qdisc)))
		return false;
	entered = !qdisc_qlen(qdisc) && !softtap_qdisc_is_deferring(qdisc) &&
		  !test_bit(__QDISC_STATE_DEACTIVATED, &qdisc->state) && qdisc_run_begin(qdisc);
	spin_unlock(qdisc_lock(qdisc));
	return entered;
}

/*
 * Counts a frame of @length bytes, if the driver took it. Frames of others that came in the
 * meantime wait for whoever was in there.
 */
static void leave_qdisc(struct Qdisc *qdisc, unsigned int length, bool taken)
{
	struct sk_buff *dropped;
	bool waiting;

	spin_lock(qdisc_lock(qdisc));
	dropped = softtap_qdisc_run_end(qdisc);
	if (likely(taken))
		_bstats_update(&qdisc->bstats, length, 1);
	waiting = qdisc_qlen(qdisc);
	spin_unlock(qdisc_lock(qdisc));
	if (unlikely(waiting))
		__netif_schedule(qdisc);
	if (unlikely(dropped))
		kfree_skb_list(dropped);
}

/* As __dev_xmit_skb() does it when a qdisc can be bypassed. */
static bool start_past_qdisc(struct sk_buff *skb, struct net_device *dev,
			     struct netdev_queue *txq, struct Qdisc *qdisc, netdev_tx_t *answer)
{
	unsigned int length = skb->len;

	if (!enter_qdisc(qdisc))
		return false;
	*answer = NETDEV_TX_BUSY;
	HARD_TX_LOCK(dev, txq, smp_processor_id());
	if (likely(!netif_xmit_frozen_or_stopped(txq)))
		*answer = netdev_start_xmit(skb, dev, txq, false);
	HARD_TX_UNLOCK(dev, txq);
	leave_qdisc(qdisc, length, dev_xmit_complete(*answer));
	return true;
}

/*
 * Gives an skb to the driver, if nothing has to be done to it on the way.
 * Return: whether the skb is gone; then @sent says whether the driver took it.
 */
static bool transmit_at_once(struct sk_buff *skb, struct net_device *dev, bool *sent)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 0);
	struct Qdisc *qdisc = rcu_dereference_bh(txq->qdisc);
	netdev_tx_t answer;
	bool started;

	if (dev->real_num_tx_queues != 1 || !is_plain(skb, dev) || !is_unwatched(dev))
		return false;
	skb_reset_mac_header(skb);
	skb_set_queue_mapping(skb, 0);
	if (qdisc->enqueue)
		started = start_past_qdisc(skb, dev, txq, qdisc, &answer);
	else
		started = start_unqueued(skb, dev, txq, &answer);
	if (unlikely(!started || !dev_xmit_complete(answer))) {
		skb->dev = dev;		/* of a veth that is busy, it is the far end by now */
		return false;
	}
	*sent = answer == NETDEV_TX_OK;
	return true;
}

/**
 * softtap_transmit - send an skb out of a port
 * @port: where to
 * @skb: what a port received, its data at the network header; consumed
 *
 * Context: softirq (BH off), RCU read side.
 * Return: whether the stack or the driver accepted it.
 */
bool softtap_transmit(const struct softtap_port *port, struct sk_buff *skb)
{
	struct net_device *dev = rcu_dereference(port->dev);
	bool sent;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb))
		return false;
	__skb_push(skb, ETH_HLEN);	/* back to the MAC header, which is there */
	if (unlikely(!dev || !fits(skb, dev))) {
		kfree_skb(skb);
		return false;
	}
	/* A socket at a veth's far end that wants to know when its frame left has been told. */
	if (unlikely(skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP))
		skb_orphan(skb);
	skb->dev = dev;
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	return transmit_at_once(skb, dev, &sent) ? sent : transmit_long(skb);
}

/**
 * softtap_transmit_with_fcs - send a frame out of a port with the FCS that it came with
 * @port: where to; a device that cannot do that sends nothing
 * @skb: what a port received, not shared, its data at the network header; consumed
 * @fcs: of the frame
 *
 * Context: softirq (BH off), RCU read side.
 * Return: whether the stack or the driver accepted it.
 */
bool softtap_transmit_with_fcs(const struct softtap_port *port, struct sk_buff *skb,
			       const struct softtap_fcs *fcs)
{
	struct net_device *dev = rcu_dereference(port->dev);

	if (!dev || !netif_supports_nofcs(dev)) {
		kfree_skb(skb);
		return false;
	}
	__skb_push(skb, ETH_HLEN);
	skb = softtap_fcs_put_back(skb, fcs);
	if (!skb)
		return false;
	__skb_pull(skb, ETH_HLEN);
	return softtap_transmit(port, skb);
}
