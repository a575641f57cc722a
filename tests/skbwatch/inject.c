// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of kinds that cards of all sorts hand up, whatever cards there are.
 *
 * A write to `inject` is one frame behind a struct injected (tests/lib/make-supers writes them). A
 * device then receives it, as from a driver.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/uaccess.h>
#include "skbwatch.h"

/**
 * struct injected - what a frame is
 * @device: who receives it
 * @linear: bytes that are linear, the rest is in pages
 * @gso_type: SKB_GSO_*, 0 for none
 * @gso_size: payload of a segment
 * @ip_summed: CHECKSUM_*
 * @tag: VLAN tag in the metadata, 0 for none
 * @csum_start: from the frame's begin, for CHECKSUM_PARTIAL
 * @csum_offset: from there
 * @network: of the frame's begin, that of the network header, outer one
 * @transport: that of the outer transport header
 * @inner_network: that of the inner network header, 0 when nothing is encapsulated
 * @inner_transport: that of the inner transport header
 * @inner_mac: that of the inner MAC header
 * @unreadable: what is in pages cannot be read by a CPU, it says (Linux 6.12 and later)
 */
struct injected {
	char device[IFNAMSIZ];
	u32 linear;
	u32 gso_type;
	u16 gso_size;
	u16 ip_summed;
	u16 tag;
	u16 csum_start;
	u16 csum_offset;
	u16 network;
	u16 transport;
	u16 inner_network;
	u16 inner_transport;
	u16 inner_mac;
	u16 unreadable;
} __packed;

static int add_payload(struct sk_buff *skb, const void __user *from, size_t count)
{
	while (count) {
		u32 length = min_t(size_t, count, PAGE_SIZE);
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, length, PAGE_SIZE);
		if (copy_from_user(page_address(page), from, length))
			return -EFAULT;
		from += length;
		count -= length;
	}
	return 0;
}

/* Headers, counted from the MAC header, where the data begins now. */
static void set_headers(struct sk_buff *skb, const struct injected *what)
{
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, what->network);
	skb_set_transport_header(skb, what->transport);
	if (!what->inner_network)
		return;
	skb->encapsulation = 1;
	skb_set_inner_mac_header(skb, what->inner_mac);
	skb_set_inner_network_header(skb, what->inner_network);
	skb_set_inner_transport_header(skb, what->inner_transport);
	skb->inner_protocol_type = ENCAP_TYPE_ETHER;
	skb->inner_protocol = htons(what->inner_mac == what->inner_network ? ETH_P_IP : ETH_P_TEB);
}

static void set_sums(struct sk_buff *skb, const struct injected *what)
{
	skb->ip_summed = what->ip_summed;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		skb->csum_start = skb_headroom(skb) + what->csum_start;
		skb->csum_offset = what->csum_offset;
	} else if (skb->ip_summed == CHECKSUM_COMPLETE) {
		skb->csum = skb_checksum(skb, ETH_HLEN, skb->len - ETH_HLEN, 0);
	}
}

static void receive(struct sk_buff *skb, struct net_device *dev, const struct injected *what)
{
	skb->dev = dev;
	set_headers(skb, what);
	set_sums(skb, what);
#ifdef HAVE_SKB_FRAGS_READABLE
	skb->unreadable = what->unreadable;
#endif
	skb_shinfo(skb)->gso_type = what->gso_type;
	skb_shinfo(skb)->gso_size = what->gso_size;
	skb->protocol = eth_type_trans(skb, dev);
	if (what->tag)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), what->tag);
	local_bh_disable();
	netif_receive_skb(skb);
	local_bh_enable();
}

static int inject(const struct injected *what, const void __user *from, size_t length)
{
	struct net_device *dev;
	struct sk_buff *skb;
	u32 linear = min_t(size_t, length, what->linear);
	int err = -ENOMEM;

	if (linear < ETH_HLEN)
		return -EINVAL;
	dev = dev_get_by_name(current->nsproxy->net_ns, what->device);
	if (!dev)
		return -ENODEV;
	skb = alloc_skb(NET_SKB_PAD + linear, GFP_KERNEL);
	if (!skb)
		goto out;
	skb_reserve(skb, NET_SKB_PAD);
	err = -EFAULT;
	if (!copy_from_user(skb_put(skb, linear), from, linear))
		err = add_payload(skb, from + linear, length - linear);
	if (err)
		kfree_skb(skb);
	else
		receive(skb, dev, what);
out:
	dev_put(dev);
	return err;
}

static ssize_t inject_write(struct file *file, const char __user *from, size_t count, loff_t *ppos)
{
	struct injected what;
	int err;

	if (count < sizeof(what) + ETH_HLEN || count > sizeof(what) + 16 * PAGE_SIZE)
		return -EINVAL;
	if (copy_from_user(&what, from, sizeof(what)))
		return -EFAULT;
	what.device[IFNAMSIZ - 1] = 0;
	err = inject(&what, from + sizeof(what), count - sizeof(what));
	return err ?: count;
}

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = inject_write,
};

/**
 * skbwatch_inject_create - make the file
 * @dir: where
 */
void skbwatch_inject_create(struct dentry *dir)
{
	debugfs_create_file("inject", 0200, dir, NULL, &inject_fops);
}
