// SPDX-License-Identifier: GPL-2.0
/*
 * The device as the stack sees it: up and down, addresses, VLANs, MTU, counters.
 */
#include <linux/crc32.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>

#include "nic.h"

/* --- Link ------------------------------------------------------------------------------------- */

static void set_carrier(struct nic_card *card, bool on)
{
	if (on)
		netif_carrier_on(card->netdev);
	else
		netif_carrier_off(card->netdev);
}

/* It cannot go while RTNL is held. */
static struct nic_card *peer_of(const struct nic_card *card)
{
	return rtnl_dereference(card->out->to);
}

/**
 * nic_link_update - have both ends of a card's cable see whether there is a link
 * @card: one of them
 *
 * Context: RTNL, under which cards come up and go down and cables are plugged.
 */
void nic_link_update(struct nic_card *card)
{
	struct nic_card *peer = peer_of(card);
	bool on;

	on = peer && card->sending && peer->sending &&
	     READ_ONCE(card->out->connected) && READ_ONCE(card->in->connected);
	set_carrier(card, on);
	if (peer)
		set_carrier(peer, on);
}

/* --- Up and down ------------------------------------------------------------------------------ */

static void queue_destroy(struct nic_queue *queue)
{
	nic_interrupt_free(queue);
	nic_rx_destroy(queue);
	nic_tx_destroy(queue);
}

static int queue_create(struct nic_queue *queue)
{
	int err = nic_tx_create(queue);

	if (err)
		return err;
	err = nic_rx_create(queue);
	if (err)
		goto err_destroy_tx;
	queue->masked = false;
	nic_napi_enable(&queue->napi);
	err = nic_interrupt_request(queue);
	if (err)
		goto err_disable_napi;
	return 0;

err_disable_napi:
	nic_napi_disable(&queue->napi);
	nic_rx_destroy(queue);
err_destroy_tx:
	nic_tx_destroy(queue);
	return err;
}

/* What the card's DMA may touch; the rings are there whenever it may. */
static void set_running(struct nic_card *card, bool running)
{
	unsigned int i;

	for (i = 0; i < card->settings.queues; i++) {
		spin_lock_bh(&card->queue[i].dma_lock);
		card->sending = running;
		spin_unlock_bh(&card->queue[i].dma_lock);
	}
	spin_lock_bh(&card->in->lock);
	card->receiving = running;
	spin_unlock_bh(&card->in->lock);
}

/**
 * nic_up - make the rings of the queues in use and let frames in and out
 * @card: a card that is down
 *
 * Context: RTNL
 * Return: 0 or a negative errno
 */
int nic_up(struct nic_card *card)
{
	unsigned int i;
	int err;

	ASSERT_RTNL();
	err = netif_set_real_num_tx_queues(card->netdev, card->settings.queues);
	if (!err)
		err = netif_set_real_num_rx_queues(card->netdev, card->settings.queues);
	if (err)
		return err;
	for (i = 0; i < card->settings.queues; i++) {
		err = queue_create(&card->queue[i]);
		if (err)
			goto err_destroy;
	}
	card->paused = false;
	card->pause_sent = false;
	set_running(card, true);
	netif_tx_wake_all_queues(card->netdev);
	nic_link_update(card);
	return 0;

err_destroy:
	while (i--) {
		nic_napi_disable(&card->queue[i].napi);
		queue_destroy(&card->queue[i]);
	}
	return err;
}

/**
 * nic_down - the opposite of nic_up()
 * @card: a card that is up
 *
 * Context: RTNL. What waits in the rings is dropped.
 */
void nic_down(struct nic_card *card)
{
	unsigned int i;

	ASSERT_RTNL();
	set_running(card, false);
	nic_link_update(card);
	for (i = 0; i < card->settings.queues; i++)
		nic_napi_disable(&card->queue[i].napi);
	cancel_delayed_work_sync(&card->resume);
	netif_tx_disable(card->netdev);	/* NAPI no longer wakes them */
	for (i = 0; i < card->settings.queues; i++)
		queue_destroy(&card->queue[i]);
}

static int nic_open(struct net_device *dev)
{
	return nic_up(netdev_priv(dev));
}

/* After a reset that failed it is down already. */
static int nic_stop(struct net_device *dev)
{
	struct nic_card *card = netdev_priv(dev);

	if (card->sending)
		nic_down(card);
	return 0;
}

static void reset_work(struct work_struct *work)
{
	struct nic_card *card = container_of(work, struct nic_card, reset);

	rtnl_lock();
	netdev_lock_ops(card->netdev);
	if (card->sending) {
		nic_down(card);
		card->stats.resets++;
		if (nic_up(card))
			netdev_err(card->netdev, "no memory to come up after a reset\n");
	}
	netdev_unlock_ops(card->netdev);
	rtnl_unlock();
}

static void nic_tx_timeout(struct net_device *dev, unsigned int txqueue)
{
	struct nic_card *card = netdev_priv(dev);

	netdev_warn(dev, "transmit queue %u timed out\n", txqueue);
	card->stats.tx_timeouts++;
	schedule_work(&card->reset);
}

/* Moves what could not go on when the doorbell was rung: pauses and stalls end here. And a peer
 * that is to stay silent is told so before its time is over.
 */
static void resume_work(struct work_struct *work)
{
	struct nic_card *card = container_of(to_delayed_work(work), struct nic_card, resume);
	unsigned int i;
	long left;

	for (i = 0; i < card->netdev->num_tx_queues; i++) {
		nic_tx_move(&card->queue[i]);
		local_bh_disable();
		if (card->receiving && card->queue[i].rx.slots)
			nic_raise(&card->queue[i]);
		local_bh_enable();
	}
	local_bh_disable();
	nic_pause_tell(card);
	local_bh_enable();
	left = READ_ONCE(card->paused_until) - jiffies;
	if (nic_is_paused(card) && left > 0)	/* it was pulled forward by something else */
		queue_delayed_work(system_highpri_wq, &card->resume, left);
}

/**
 * nic_work_init - prepare a card's work items
 * @card: not yet registered
 */
void nic_work_init(struct nic_card *card)
{
	INIT_DELAYED_WORK(&card->resume, resume_work);
	INIT_WORK(&card->reset, reset_work);
}

/**
 * nic_spread - set how many queues are in use, with receive queues taking turns in the RSS table
 * @card: a card that is down
 * @queues: their number
 *
 * Context: RTNL, or before the device is registered.
 */
void nic_spread(struct nic_card *card, unsigned int queues)
{
	unsigned int i;

	card->settings.queues = queues;
	for (i = 0; i < NIC_INDIRECTION; i++)
		card->settings.indirection[i] = ethtool_rxfh_indir_default(i, queues);
}

/* --- Filters ---------------------------------------------------------------------------------- */

/**
 * nic_multicast_bit - where a multicast address is in the hash filter
 * @address: MAC address
 *
 * Return: a mask of one bit
 */
u64 nic_multicast_bit(const u8 *address)
{
	return BIT_ULL(ether_crc(ETH_ALEN, address) >> 26);
}

/* More unicast addresses than one: take all. */
static int set_rx_mode(struct net_device *dev, struct netdev_hw_addr_list *unicast,
		       struct netdev_hw_addr_list *multicasts)
{
	struct nic_card *card = netdev_priv(dev);
	struct netdev_hw_addr *address;
	u64 multicast = 0;

	netdev_hw_addr_list_for_each(address, multicasts)
		multicast |= nic_multicast_bit(address->addr);
	WRITE_ONCE(card->multicast, multicast);
	WRITE_ONCE(card->all_multicast, dev->flags & IFF_ALLMULTI);
	WRITE_ONCE(card->promiscuous, dev->flags & IFF_PROMISC ||
		   !netdev_hw_addr_list_empty(unicast));
	return 0;
}

#ifndef HAVE_RX_MODE_ASYNC
/* In the stack's address lock, BH off. */
static void nic_set_rx_mode(struct net_device *dev)
{
	set_rx_mode(dev, &dev->uc, &dev->mc);
}
#endif

static unsigned long *vlans_of(struct nic_card *card, __be16 proto)
{
	return card->vlans[proto == htons(ETH_P_8021AD)];
}

static int nic_vlan_add(struct net_device *dev, __be16 proto, u16 vid)
{
	set_bit(vid, vlans_of(netdev_priv(dev), proto));
	return 0;
}

static int nic_vlan_remove(struct net_device *dev, __be16 proto, u16 vid)
{
	clear_bit(vid, vlans_of(netdev_priv(dev), proto));
	return 0;
}

/* --- Settings --------------------------------------------------------------------------------- */

#ifdef HAVE_NDO_HWTSTAMP
static int nic_hwtstamp_get(struct net_device *dev, struct kernel_hwtstamp_config *config)
{
	struct nic_card *card = netdev_priv(dev);

	config->tx_type = card->settings.stamping.tx_type;
	config->rx_filter = card->settings.stamping.rx_filter;
	return 0;
}

static int nic_hwtstamp_set(struct net_device *dev, struct kernel_hwtstamp_config *config,
			    struct netlink_ext_ack *extack)
{
	int err = nic_stamping_set(netdev_priv(dev), config);

	if (err)
		NL_SET_ERR_MSG(extack, "the card cannot give these frames a time");
	return err;
}
#else
static int nic_ioctl(struct net_device *dev, struct ifreq *request, int command)
{
	struct nic_card *card = netdev_priv(dev);
	struct hwtstamp_config config;
	int err;

	switch (command) {
	case SIOCSHWTSTAMP:
		if (copy_from_user(&config, request->ifr_data, sizeof(config)))
			return -EFAULT;
		err = nic_stamping_set(card, &config);
		if (err)
			return err;
		break;
	case SIOCGHWTSTAMP:
		config = card->settings.stamping;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return copy_to_user(request->ifr_data, &config, sizeof(config)) ? -EFAULT : 0;
}
#endif

/* --- Counters --------------------------------------------------------------------------------- */

/* Errors as e1000e adds them up (e1000e_get_stats64()): counted also if the frame is handed up. */
static void nic_get_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	const struct nic_card *card = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		const struct nic_queue_stats *queue = &card->queue[i].stats;

		stats->rx_packets += READ_ONCE(queue->rx_frames);
		stats->rx_bytes += READ_ONCE(queue->rx_bytes);
		stats->rx_missed_errors += READ_ONCE(queue->rx_missed);
		stats->rx_dropped += READ_ONCE(queue->rx_no_memory);
		stats->tx_packets += READ_ONCE(queue->tx_frames);
		stats->tx_bytes += READ_ONCE(queue->tx_bytes);
		stats->tx_dropped += READ_ONCE(queue->tx_dropped);
	}
	stats->multicast = card->stats.rx_multicast;
	stats->rx_crc_errors = card->stats.rx_crc_errors;
	stats->rx_length_errors = card->stats.rx_short + card->stats.rx_long;
	stats->rx_errors = stats->rx_crc_errors + stats->rx_length_errors;
	stats->tx_errors = card->stats.tx_timeouts;
}

static netdev_features_t nic_fix_features(struct net_device *netdev, netdev_features_t features)
{
	const struct nic_card *card = netdev_priv(netdev);

	if (card->settings.private_flags & NIC_KEEP_VLAN)
		features |= NETIF_F_HW_VLAN_CTAG_RX;
	return features;
}

/* Features are looked at where they matter. A card that is being taken away has nothing to set. */
static int nic_set_features(struct net_device *netdev, netdev_features_t features)
{
	WARN(netdev->reg_state == NETREG_UNREGISTERING,
	     "%s: features are set although it is being taken away\n", netdev->name);
	return 0;
}

const struct net_device_ops nic_netdev_ops = {
	.ndo_open = nic_open,
	.ndo_stop = nic_stop,
	.ndo_start_xmit = nic_start_xmit,
	.ndo_tx_timeout = nic_tx_timeout,
#ifdef HAVE_RX_MODE_ASYNC
	.ndo_set_rx_mode_async = set_rx_mode,
#else
	.ndo_set_rx_mode = nic_set_rx_mode,
#endif
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_vlan_rx_add_vid = nic_vlan_add,
	.ndo_vlan_rx_kill_vid = nic_vlan_remove,
	.ndo_get_stats64 = nic_get_stats,
	.ndo_fix_features = nic_fix_features,
	.ndo_set_features = nic_set_features,
#ifdef HAVE_NDO_HWTSTAMP
	.ndo_hwtstamp_get = nic_hwtstamp_get,
	.ndo_hwtstamp_set = nic_hwtstamp_set,
#else
	.ndo_eth_ioctl = nic_ioctl,
#endif
};
