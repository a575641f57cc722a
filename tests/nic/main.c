// SPDX-License-Identifier: GPL-2.0
/*
 * testnic: cables, and the cards that are plugged in.
 *
 * A card is a platform device; its driver can be unbound and bound again, as that of a PCI card
 * that disappears and comes back:
 *
 *	insmod testnic.ko cards=4 names=a0,eth1,eth2,b0
 *	echo testnic.1 >/sys/bus/platform/drivers/testnic/unbind
 */
#include <linux/debugfs.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <net/dsa.h>

#include "nic.h"

static unsigned int cards = 2;
module_param(cards, uint, 0444);
MODULE_PARM_DESC(cards, "how many, 2 to 8: card 0 and 1 share a cable, 2 and 3 the next");

static unsigned int queues = 4;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "that a card has at most, 1 to 8; so many are in use at first");

static unsigned int mtu_max = NIC_MTU_MAX;
module_param(mtu_max, uint, 0444);
MODULE_PARM_DESC(mtu_max, "the largest MTU that a card takes");

static char *names[NIC_CARDS];
module_param_array(names, charp, NULL, 0444);
MODULE_PARM_DESC(names, "of the interfaces; nicN is the default");

static char *drivers[NIC_CARDS];
module_param_array(drivers, charp, NULL, 0444);
MODULE_PARM_DESC(drivers, "names that ethtool -i tells; testnic is the default");

static char *lacks[NIC_CARDS];
module_param_array(lacks, charp, NULL, 0444);
MODULE_PARM_DESC(lacks, "what a card cannot do, any of rx-all+rx-fcs+no-fcs+tso+vlan+csum+lro");

static char *stamps[NIC_CARDS];
module_param_array(stamps, charp, NULL, 0444);
MODULE_PARM_DESC(stamps, "frames that a card can give a time: all (default), ptp, none");

static char *poses[NIC_CARDS];
module_param_array(poses, charp, NULL, 0444);
MODULE_PARM_DESC(poses, "what a card seems to be: conduit (of a DSA switch), modem");

static bool ops_lock;
module_param(ops_lock, bool, 0444);
MODULE_PARM_DESC(ops_lock, "the stack holds the devices' instance lock, on kernels that have it");

struct nic_wire nic_wires[NIC_CARDS];
static struct dentry *debugfs;
static struct platform_device *devices[NIC_CARDS];

static const struct {
	const char *word;
	netdev_features_t features;
} abilities[] = {
	{ "rx-all", NETIF_F_RXALL },
	{ "rx-fcs", NETIF_F_RXFCS },
	{ "tso", NETIF_F_TSO | NETIF_F_TSO6 },
	{ "vlan", NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX | NETIF_F_HW_VLAN_STAG_TX |
		  NETIF_F_HW_VLAN_STAG_RX | NETIF_F_HW_VLAN_CTAG_FILTER |
		  NETIF_F_HW_VLAN_STAG_FILTER },
	{ "csum", NETIF_F_HW_CSUM | NETIF_F_RXCSUM },
	{ "lro", NETIF_F_LRO | NETIF_F_GRO_HW },
};

static bool lacks_word(unsigned int number, const char *word)
{
	return lacks[number] && strstr(lacks[number], word);
}

static void set_features(struct net_device *dev, unsigned int number)
{
	netdev_features_t all = NETIF_F_SG | NETIF_F_RXHASH;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(abilities); i++)
		if (!lacks_word(number, abilities[i].word))
			all |= abilities[i].features;
	dev->hw_features = all;
	/* As drivers have it: what changes or merges frames is off, or is turned off by the tap. */
	dev->features = all & ~(NETIF_F_RXALL | NETIF_F_RXFCS | NETIF_F_LRO);
	dev->vlan_features = all & (NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6);
	dev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE | IFF_DISABLE_NETPOLL;
	if (!lacks_word(number, "no-fcs"))
		dev->priv_flags |= IFF_SUPP_NOFCS;
}

/*
 * As the driver of a switch leaves the device that leads to its ports (dsa_master_setup()). No
 * frame may arrive at it.
 */
#if IS_ENABLED(CONFIG_NET_DSA)
static struct sk_buff *take_tag(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb(skb);
	return NULL;
}

static struct dsa_port switch_port = { .rcv = take_tag };

static int be_conduit(struct net_device *dev)
{
	dev->dsa_ptr = &switch_port;
	return 0;
}
#else
static int be_conduit(struct net_device *dev)
{
	return -EOPNOTSUPP;
}
#endif

static int pose(struct net_device *dev, unsigned int number)
{
	static const struct device_type modem = { .name = "wwan" };

	if (!poses[number] || !*poses[number])
		return 0;
	if (!strcmp(poses[number], "conduit"))
		return be_conduit(dev);
	if (strcmp(poses[number], "modem"))
		return -EINVAL;
	SET_NETDEV_DEVTYPE(dev, &modem);
	return 0;
}

static void set_address(struct net_device *dev, unsigned int number)
{
	u8 address[ETH_ALEN] = { 0x02, 't', 'n', 'i', 'c', number };

	eth_hw_addr_set(dev, address);
}

static void set_defaults(struct nic_card *card)
{
	struct nic_settings *settings = &card->settings;

	settings->link.speed = SPEED_1000;
	settings->link.duplex = DUPLEX_FULL;
	settings->link.autoneg = AUTONEG_ENABLE;
	settings->private_flags = NIC_PAD | NIC_FW_LLDP;
	settings->tx_ring = NIC_RING;
	settings->rx_ring = NIC_RING;
	settings->coalesce.rx_coalesce_usecs = 3;
	settings->coalesce.tx_coalesce_usecs = 3;
	nic_spread(card, queues);
}

static struct nic_card *card_alloc(struct platform_device *device)
{
	unsigned int i, number = device->id;
	struct net_device *dev;
	struct nic_card *card;

	dev = devm_alloc_etherdev_mqs(&device->dev, sizeof(*card), queues, queues);
	if (!dev)
		return NULL;
	SET_NETDEV_DEV(dev, &device->dev);
	card = netdev_priv(dev);
	card->netdev = dev;
	card->device = &device->dev;
	card->number = number;
	card->driver = drivers[number] ?: NIC_NAME;
	card->stamps = stamps[number] ?: "all";
	card->out = &nic_wires[number];
	card->in = &nic_wires[number ^ 1];
	strscpy(dev->name, names[number] ?: "nic%d", IFNAMSIZ);
	dev->netdev_ops = &nic_netdev_ops;
	dev->ethtool_ops = &nic_ethtool_ops;
	dev->watchdog_timeo = 2 * HZ;
	dev->max_mtu = mtu_max;
	dev->min_mtu = ETH_MIN_MTU;
	nic_request_ops_lock(dev, ops_lock);
	set_address(dev, number);
	set_features(dev, number);
	nic_work_init(card);
	set_defaults(card);
	for (i = 0; i < queues; i++) {
		card->queue[i].card = card;
		card->queue[i].index = i;
		spin_lock_init(&card->queue[i].dma_lock);
		netif_napi_add(dev, &card->queue[i].napi, nic_poll);
	}
	return card;
}

/* RTNL: nobody looks at the peer's carrier meanwhile. */
static void card_plug(struct nic_card *card, struct nic_card *to)
{
	rtnl_lock();
	spin_lock_bh(&card->in->lock);
	rcu_assign_pointer(card->in->to, to);
	spin_unlock_bh(&card->in->lock);
	rtnl_unlock();
	synchronize_rcu();
}

static void card_remove(void *data)
{
	struct nic_card *card = data;

	nic_faults_destroy(card);
	unregister_netdev(card->netdev);
	cancel_work_sync(&card->reset);
	card_plug(card, NULL);
	cancel_delayed_work_sync(&card->resume);	/* the peer had a last word */
	nic_clock_destroy(card);
	nic_interrupts_destroy(card);
}

static int card_probe(struct platform_device *device)
{
	struct nic_card *card = card_alloc(device);
	int err;

	if (!card)
		return -ENOMEM;
	err = nic_habits_create(card);
	if (!err)
		err = pose(card->netdev, card->number);
	if (!err)
		err = nic_interrupts_create(card);
	if (err)
		return err;
	err = nic_clock_create(card);
	if (err)
		goto err_destroy_interrupts;
	card_plug(card, card);
	netif_carrier_off(card->netdev);
	err = register_netdev(card->netdev);
	if (err)
		goto err_unplug;
	nic_faults_create(card);
	return devm_add_action_or_reset(&device->dev, card_remove, card);

err_unplug:
	card_plug(card, NULL);
	nic_clock_destroy(card);
err_destroy_interrupts:
	nic_interrupts_destroy(card);
	return err;
}

static struct platform_driver nic_driver = {
	.probe = card_probe,
	.driver = { .name = NIC_NAME },
};

static void wires_destroy(void)
{
	unsigned int i;

	debugfs_remove(debugfs);
	for (i = 0; i < NIC_CARDS; i++)
		kvfree(nic_wires[i].frame);
}

static int wires_create(void)
{
	unsigned int i;
	char name[16];

	debugfs = debugfs_create_dir(NIC_NAME, NULL);
	for (i = 0; i < NIC_CARDS; i++) {
		snprintf(name, sizeof(name), "card%u", i);
		nic_wires[i].dir = i < cards ? debugfs_create_dir(name, debugfs) : NULL;
		nic_wires[i].connected = true;
		spin_lock_init(&nic_wires[i].lock);
		INIT_LIST_HEAD(&nic_wires[i].listeners);
		nic_wires[i].frame = i < cards ? kvmalloc(NIC_FRAME_MAX, GFP_KERNEL) : NULL;
		if (i < cards && !nic_wires[i].frame) {
			wires_destroy();
			return -ENOMEM;
		}
	}
	return 0;
}

static void devices_destroy(void)
{
	unsigned int i;

	for (i = 0; i < cards; i++)
		platform_device_unregister(devices[i]);	/* takes errors, too */
}

/* Last, when nothing can fail: a file that is open keeps the module, but not one that fails. */
static void files_create(void)
{
	unsigned int i;

	for (i = 0; i < cards; i++)
		nic_wire_file(&nic_wires[i]);
}

static int devices_create(void)
{
	unsigned int i;

	for (i = 0; i < cards; i++) {
		devices[i] = platform_device_register_simple(NIC_NAME, i, NULL, 0);
		if (IS_ERR(devices[i])) {
			int err = PTR_ERR(devices[i]);

			devices_destroy();
			return err;
		}
	}
	return 0;
}

static int __init nic_init(void)
{
	int err;

	if (cards < 2 || cards > NIC_CARDS || cards % 2 || !queues || queues > NIC_QUEUES) {
		pr_err("cards=%u queues=%u: an even number up to %u, and 1 to %u, would be right\n",
		       cards, queues, NIC_CARDS, NIC_QUEUES);
		return -EINVAL;
	}
	err = wires_create();
	if (err)
		return err;
	err = platform_driver_register(&nic_driver);
	if (err)
		goto err_destroy_wires;
	err = devices_create();
	if (err)
		goto err_unregister_driver;
	files_create();
	return 0;

err_unregister_driver:
	platform_driver_unregister(&nic_driver);
err_destroy_wires:
	wires_destroy();
	return err;
}

static void __exit nic_exit(void)
{
	devices_destroy();
	platform_driver_unregister(&nic_driver);
	wires_destroy();
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_DESCRIPTION("softtap's tests: Ethernet cards in software, joined by cables");
MODULE_LICENSE("GPL");
