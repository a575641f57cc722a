// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool reads and sets. Rings and queues are made anew for it, the rest is remembered, and
 * has an effect where the card has one to show.
 */
#include <linux/ptp_clock_kernel.h>

#include "nic.h"

/* --- What it is ------------------------------------------------------------------------------- */

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct nic_card *card = netdev_priv(dev);

	strscpy(info->driver, card->driver, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(card->device), sizeof(info->bus_info));
}

static const char private_flags[][ETH_GSTRING_LEN] = {
	"tx-pad", "rx-csum-complete", "fw-lldp-agent", "keep-vlan",
};

static const char card_counters[][ETH_GSTRING_LEN] = {
	"rx_crc_errors", "rx_short", "rx_long", "rx_filtered", "rx_multicast", "rx_pause",
	"tx_pause", "tx_timeouts", "resets",
};

static const char *const queue_counters[] = {
	"tx_frames", "tx_bytes", "tx_doorbells", "tx_dropped", "tx_busy", "rx_frames", "rx_bytes",
	"rx_missed", "rx_no_memory", "rx_merged", "interrupts", "polls",
};

static int get_sset_count(struct net_device *dev, int set)
{
	switch (set) {
	case ETH_SS_STATS:
		return ARRAY_SIZE(card_counters) + ARRAY_SIZE(queue_counters) * dev->num_rx_queues;
	case ETH_SS_PRIV_FLAGS:
		return ARRAY_SIZE(private_flags);
	}
	return -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *strings)
{
	unsigned int queue, i;

	if (set == ETH_SS_PRIV_FLAGS)
		memcpy(strings, private_flags, sizeof(private_flags));
	if (set != ETH_SS_STATS)
		return;
	memcpy(strings, card_counters, sizeof(card_counters));
	strings += sizeof(card_counters);
	for (queue = 0; queue < dev->num_rx_queues; queue++)
		for (i = 0; i < ARRAY_SIZE(queue_counters); i++, strings += ETH_GSTRING_LEN)
			snprintf(strings, ETH_GSTRING_LEN, "queue_%u_%s", queue, queue_counters[i]);
}

static void get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct nic_card *card = netdev_priv(dev);
	unsigned int queue;

	BUILD_BUG_ON(sizeof(card->stats) != ARRAY_SIZE(card_counters) * sizeof(u64));
	BUILD_BUG_ON(sizeof(card->queue[0].stats) != ARRAY_SIZE(queue_counters) * sizeof(u64));
	memcpy(data, &card->stats, sizeof(card->stats));
	data += ARRAY_SIZE(card_counters);
	for (queue = 0; queue < dev->num_rx_queues; queue++, data += ARRAY_SIZE(queue_counters))
		memcpy(data, &card->queue[queue].stats, sizeof(card->queue[queue].stats));
}

static u32 get_priv_flags(struct net_device *dev)
{
	return ((struct nic_card *)netdev_priv(dev))->settings.private_flags;
}

static int set_priv_flags(struct net_device *dev, u32 flags)
{
	((struct nic_card *)netdev_priv(dev))->settings.private_flags = flags;
	return 0;
}

static int get_ts_info(struct net_device *dev, struct kernel_ethtool_ts_info *info)
{
	struct nic_card *card = netdev_priv(dev);

	info->so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
				SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_HARDWARE |
				SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	info->phc_index = ptp_clock_index(card->clock.ptp);
	info->tx_types = BIT(HWTSTAMP_TX_OFF) | BIT(HWTSTAMP_TX_ON);
	info->rx_filters = BIT(HWTSTAMP_FILTER_NONE);
	if (strcmp(card->stamps, "none"))
		info->rx_filters |= BIT(HWTSTAMP_FILTER_PTP_V2_EVENT);
	if (!strcmp(card->stamps, "all"))
		info->rx_filters |= BIT(HWTSTAMP_FILTER_ALL);
	return 0;
}

/* --- Rings and queues ------------------------------------------------------------------------- */

/* Changes what rings are made of: between down and up, if the card is up. */
static int rebuild(struct nic_card *card, void (*change)(struct nic_card *card, const void *what),
		   const void *what)
{
	bool up = card->sending;
	int err;

	if (up)
		nic_down(card);
	change(card, what);
	err = up ? nic_up(card) : 0;
	if (err)
		netdev_err(card->netdev, "it stays down: %pe\n", ERR_PTR(err));
	return err;
}

static void get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel, struct netlink_ext_ack *extack)
{
	struct nic_card *card = netdev_priv(dev);

	ring->rx_max_pending = NIC_RING_MAX;
	ring->tx_max_pending = NIC_RING_MAX;
	ring->rx_pending = card->settings.rx_ring;
	ring->tx_pending = card->settings.tx_ring;
}

static unsigned int ring_size(unsigned int wanted)
{
	return roundup_pow_of_two(max(wanted, NIC_RING_MIN));
}

static void change_rings(struct nic_card *card, const void *what)
{
	const struct ethtool_ringparam *ring = what;

	card->settings.rx_ring = ring_size(ring->rx_pending);
	card->settings.tx_ring = ring_size(ring->tx_pending);
}

static int set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			 struct kernel_ethtool_ringparam *kernel, struct netlink_ext_ack *extack)
{
	return rebuild(netdev_priv(dev), change_rings, ring);
}

static void get_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	struct nic_card *card = netdev_priv(dev);

	channels->max_combined = dev->num_rx_queues;
	channels->combined_count = card->settings.queues;
}

static void change_channels(struct nic_card *card, const void *what)
{
	nic_spread(card, ((const struct ethtool_channels *)what)->combined_count);
}

static void change_count(struct nic_card *card, const void *what)
{
	card->settings.queues = ((const struct ethtool_channels *)what)->combined_count;
}

/* The stack has refused what is above the maximum. */
static int set_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	if (!channels->combined_count || channels->rx_count || channels->tx_count)
		return -EINVAL;
	/* A table of the user's stays; the stack has looked at it. */
	if (netif_is_rxfh_configured(dev))
		return rebuild(netdev_priv(dev), change_count, channels);
	return rebuild(netdev_priv(dev), change_channels, channels);
}

static u32 get_rxfh_indir_size(struct net_device *dev)
{
	return NIC_INDIRECTION;
}

static int get_indirection(struct nic_card *card, u32 *table, u8 *hash)
{
	if (table)
		memcpy(table, card->settings.indirection, sizeof(card->settings.indirection));
	if (hash)
		*hash = ETH_RSS_HASH_XOR;
	return 0;
}

static int set_indirection(struct nic_card *card, const u32 *table, const u8 *key, u8 hash)
{
	unsigned int i;

	if (key || (hash != ETH_RSS_HASH_NO_CHANGE && hash != ETH_RSS_HASH_XOR))
		return -EOPNOTSUPP;
	for (i = 0; table && i < NIC_INDIRECTION; i++)
		WRITE_ONCE(card->settings.indirection[i], table[i]);
	return 0;
}

#ifdef HAVE_RXFH_PARAM
static int get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param)
{
	return get_indirection(netdev_priv(dev), param->indir, &param->hfunc);
}

static int set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param,
		    struct netlink_ext_ack *extack)
{
	return set_indirection(netdev_priv(dev), param->indir, param->key, param->hfunc);
}
#else
static int get_rxfh(struct net_device *dev, u32 *table, u8 *key, u8 *hash)
{
	return get_indirection(netdev_priv(dev), table, hash);
}

static int set_rxfh(struct net_device *dev, const u32 *table, const u8 *key, const u8 hash)
{
	return set_indirection(netdev_priv(dev), table, key, hash);
}
#endif

#ifdef HAVE_RX_RING_COUNT
static u32 get_rx_ring_count(struct net_device *dev)
{
	return ((struct nic_card *)netdev_priv(dev))->settings.queues;
}
#else
static int get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules)
{
	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = ((struct nic_card *)netdev_priv(dev))->settings.queues;
	return 0;
}
#endif

/* --- Link, and what is remembered ------------------------------------------------------------- */

static const unsigned int modes[] = {
	ETHTOOL_LINK_MODE_10baseT_Full_BIT, ETHTOOL_LINK_MODE_100baseT_Full_BIT,
	ETHTOOL_LINK_MODE_1000baseT_Full_BIT, ETHTOOL_LINK_MODE_10000baseT_Full_BIT,
	ETHTOOL_LINK_MODE_Autoneg_BIT, ETHTOOL_LINK_MODE_TP_BIT, ETHTOOL_LINK_MODE_Pause_BIT,
};

static int get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *link)
{
	struct nic_card *card = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		__set_bit(modes[i], link->link_modes.supported);
		__set_bit(modes[i], link->link_modes.advertising);
	}
	link->base.port = PORT_TP;
	link->base.autoneg = card->settings.link.autoneg;
	link->base.speed = netif_carrier_ok(dev) ? card->settings.link.speed : (u32)SPEED_UNKNOWN;
	link->base.duplex = netif_carrier_ok(dev) ? card->settings.link.duplex : DUPLEX_UNKNOWN;
	return 0;
}

/* The link goes down and comes up again, as with a cable of copper. */
static int set_link_ksettings(struct net_device *dev, const struct ethtool_link_ksettings *link)
{
	struct nic_card *card = netdev_priv(dev);

	switch (link->base.speed) {
	case SPEED_10:
	case SPEED_100:
	case SPEED_1000:
	case SPEED_10000:
		card->settings.link.speed = link->base.speed;
		break;
	default:
		if (link->base.autoneg != AUTONEG_ENABLE)
			return -EINVAL;
	}
	if (link->base.duplex != (u8)DUPLEX_UNKNOWN)
		card->settings.link.duplex = link->base.duplex;
	card->settings.link.autoneg = link->base.autoneg;
	if (link->base.autoneg == AUTONEG_ENABLE) {
		card->settings.link.speed = SPEED_1000;
		card->settings.link.duplex = DUPLEX_FULL;
	}
	netif_carrier_off(dev);
	nic_link_update(card);
	return 0;
}

static void get_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	const struct nic_card *card = netdev_priv(dev);

	pause->autoneg = card->settings.pause.autoneg;
	pause->rx_pause = card->settings.pause.rx_pause;
	pause->tx_pause = card->settings.pause.tx_pause;
}

static int set_pauseparam(struct net_device *dev, struct ethtool_pauseparam *pause)
{
	((struct nic_card *)netdev_priv(dev))->settings.pause = *pause;
	return 0;
}

static int get_eee(struct net_device *dev, struct ethtool_keee *eee)
{
	*eee = ((struct nic_card *)netdev_priv(dev))->settings.eee;
	nic_eee_support(eee);
	eee->eee_active = eee->eee_enabled && netif_carrier_ok(dev);
	return 0;
}

static int set_eee(struct net_device *dev, struct ethtool_keee *eee)
{
	((struct nic_card *)netdev_priv(dev))->settings.eee = *eee;
	return 0;
}

static int get_coalesce(struct net_device *dev, struct ethtool_coalesce *coalesce,
			struct kernel_ethtool_coalesce *kernel, struct netlink_ext_ack *extack)
{
	u32 command = coalesce->cmd;

	*coalesce = ((struct nic_card *)netdev_priv(dev))->settings.coalesce;
	coalesce->cmd = command;
	return 0;
}

static int set_coalesce(struct net_device *dev, struct ethtool_coalesce *coalesce,
			struct kernel_ethtool_coalesce *kernel, struct netlink_ext_ack *extack)
{
	((struct nic_card *)netdev_priv(dev))->settings.coalesce = *coalesce;
	return 0;
}

static void get_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	wol->supported = WAKE_MAGIC | WAKE_UCAST | WAKE_BCAST;
	wol->wolopts = ((struct nic_card *)netdev_priv(dev))->settings.wol;
}

static int set_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	struct nic_card *card = netdev_priv(dev);

	if (wol->wolopts & ~(WAKE_MAGIC | WAKE_UCAST | WAKE_BCAST))
		return -EINVAL;
	card->settings.wol = wol->wolopts;
	return 0;
}

const struct ethtool_ops nic_ethtool_ops = {
#ifdef HAVE_OP_NEEDS_RTNL
	.op_needs_rtnl = ETHTOOL_OP_NEEDS_RTNL_LINKSETTINGS | ETHTOOL_OP_NEEDS_RTNL_SRINGPARAM |
			 ETHTOOL_OP_NEEDS_RTNL_SCHANNELS | ETHTOOL_OP_NEEDS_RTNL_GLINK,
#endif
	.supported_coalesce_params = ETHTOOL_COALESCE_USECS | ETHTOOL_COALESCE_MAX_FRAMES |
				     ETHTOOL_COALESCE_USE_ADAPTIVE,
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	.get_priv_flags = get_priv_flags,
	.set_priv_flags = set_priv_flags,
	.get_ts_info = get_ts_info,
	.get_ringparam = get_ringparam,
	.set_ringparam = set_ringparam,
	.get_channels = get_channels,
	.set_channels = set_channels,
	.get_rxfh_indir_size = get_rxfh_indir_size,
	.get_rxfh = get_rxfh,
	.set_rxfh = set_rxfh,
#ifdef HAVE_RX_RING_COUNT
	.get_rx_ring_count = get_rx_ring_count,
#else
	.get_rxnfc = get_rxnfc,
#endif
	.get_link_ksettings = get_link_ksettings,
	.set_link_ksettings = set_link_ksettings,
	.get_pauseparam = get_pauseparam,
	.set_pauseparam = set_pauseparam,
	.get_eee = get_eee,
	.set_eee = set_eee,
	.get_coalesce = get_coalesce,
	.set_coalesce = set_coalesce,
	.get_wol = get_wol,
	.set_wol = set_wol,
};
