// SPDX-License-Identifier: GPL-2.0
/*
 * skbwatch: does capturing change what is forwarded?
 *
 * Hangs on softtap's two functions that capture (kretprobes), sums up each skb before and after,
 * and counts by what kind of skb it is. In debugfs, skbwatch/:
 *
 *	kinds	a line for each kind: "tcpv4 partial 12 0", 12 were there, none changed
 *	inject	to write frames to, which a device then receives: inject.c
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include "skbwatch.h"

static const struct {
	u32 type;
	const char *name;
} kinds[] = {
	{ SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM, "udp-tunnel" },
	{ SKB_GSO_GRE | SKB_GSO_GRE_CSUM, "gre" },
	{ SKB_GSO_TCPV4, "tcpv4" },
	{ SKB_GSO_TCPV6, "tcpv6" },
	{ SKB_GSO_UDP_L4, "udp-l4" },
	{ SKB_GSO_UDP, "udp" },
	{ SKB_GSO_SCTP, "sctp" },
	{ ~0u, "other" },	/* of the super-frames */
	{ 0, "plain" },
};

static const char * const sums[] = {
	[CHECKSUM_NONE] = "none",
	[CHECKSUM_UNNECESSARY] = "unnecessary",
	[CHECKSUM_COMPLETE] = "complete",
	[CHECKSUM_PARTIAL] = "partial",
};

static atomic_t seen[ARRAY_SIZE(kinds)][ARRAY_SIZE(sums)];
static atomic_t changed[ARRAY_SIZE(kinds)][ARRAY_SIZE(sums)];

/* What is known of an skb when its capture begins. */
struct before {
	const struct sk_buff *skb;
	u64 digest;
	u8 kind, sum;
};

static u8 kind_of(const struct sk_buff *skb)
{
	u32 type = skb_is_gso(skb) ? skb_shinfo(skb)->gso_type : 0;
	u8 kind = 0;

	while (kinds[kind].type && !(kinds[kind].type & type))
		kind++;
	return kind;
}

static int capture_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct before *before = (void *)instance->data;

	before->skb = (const void *)regs_get_kernel_argument(regs, 2);
	before->kind = kind_of(before->skb);
	before->sum = before->skb->ip_summed;
	before->digest = skbwatch_digest(before->skb);
	return 0;
}

static int capture_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct before *before = (void *)instance->data;

	atomic_inc(&seen[before->kind][before->sum]);
	if (skbwatch_digest(before->skb) != before->digest)
		atomic_inc(&changed[before->kind][before->sum]);
	return 0;
}

#define PROBE(function) {					\
	.kp.symbol_name = function,				\
	.entry_handler = capture_begins,			\
	.handler = capture_ends,				\
	.data_size = sizeof(struct before),			\
	.maxactive = 64,					\
}

static struct kretprobe probes[] = {
	PROBE("softtap_capture"),
	PROBE("softtap_capture_super"),
};

static int kinds_show(struct seq_file *file, void *unused)
{
	int kind, sum;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		for (sum = 0; sum < ARRAY_SIZE(sums); sum++)
			if (atomic_read(&seen[kind][sum]))
				seq_printf(file, "%s %s %d %d\n", kinds[kind].name, sums[sum],
					   atomic_read(&seen[kind][sum]),
					   atomic_read(&changed[kind][sum]));
	seq_printf(file, "missed %d\n", probes[0].nmissed + probes[1].nmissed);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kinds);

static struct dentry *dir;

static int __init skbwatch_init(void)
{
	int err, i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kretprobe(&probes[i]);
		if (err)
			goto err_unregister;
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("kinds", 0400, dir, NULL, &kinds_fops);
	skbwatch_inject_create(dir);
	return 0;

err_unregister:
	while (i--)
		unregister_kretprobe(&probes[i]);
	return err;
}

static void __exit skbwatch_exit(void)
{
	int i;

	debugfs_remove(dir);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		unregister_kretprobe(&probes[i]);
}

module_init(skbwatch_init);
module_exit(skbwatch_exit);

MODULE_DESCRIPTION("Watches whether softtap changes what it captures");
MODULE_LICENSE("GPL");
