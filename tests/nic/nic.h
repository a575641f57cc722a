/* SPDX-License-Identifier: GPL-2.0 */
/*
 * testnic: Ethernet cards in software, two at a cable, that behave as a good PCIe card and its
 * driver do.
 *
 *	 card                               cable                            card
 *	+-----------------------------------+    +----------------------------------+
 *	| start_xmit -> tx ring -> doorbell - wire -> filter, RSS -> rx ring -> NAPI |
 *	+-----------------------------------+    +----------------------------------+
 *
 * The card has no processor of its own: what its DMA does happens where the doorbell is rung, on
 * the far card too, up to the interrupt that tells the far driver. A wire carries one frame at a
 * time, FCS included, and its lock is what serialises all that writes a card's receive rings.
 *
 * Locks, outermost first: RTNL; the device's instance lock, if the kernel has it and ops_lock
 * asks for it; the stack's transmit lock of a queue; &nic_queue.dma_lock; &nic_wire.lock, of which
 * nobody holds two; &nic_clock.lock.
 */
#ifndef NIC_H
#define NIC_H

#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "compat.h"

#define NIC_NAME	"testnic"
#define NIC_CARDS	8U	/* at most */
#define NIC_QUEUES	8U	/* at most */
#define NIC_RING	256U	/* descriptors of a ring, unless ethtool -G says otherwise */
#define NIC_RING_MIN	64U
#define NIC_RING_MAX	4096U
#define NIC_BUFFER	2048U	/* bytes that a receive descriptor takes, several take a frame */
#define NIC_MTU_MAX	9216U
#define NIC_ARRIVALS	65536U	/* that a card notes */
#define NIC_FRAME_MAX	16384U	/* what a wire carries, FCS included */
#define NIC_INDIRECTION	128U	/* entries of the RSS table */

/**
 * enum nic_private_flag - of ethtool --set-priv-flags
 * @NIC_PAD: short frames are padded to 60 bytes before the FCS
 * @NIC_FW_LLDP: remembered, as if a firmware spoke LLDP
 * @NIC_KEEP_VLAN: VLAN tags are taken out, whatever is asked for
 * @NIC_RX_COMPLETE: frames come up with CHECKSUM_COMPLETE instead of UNNECESSARY
 */
enum nic_private_flag {
	NIC_PAD = BIT(0),
	NIC_RX_COMPLETE = BIT(1),
	NIC_FW_LLDP = BIT(2),
	NIC_KEEP_VLAN = BIT(3),
};

/**
 * struct nic_tx_slot - a transmit descriptor, and what the driver keeps beside it
 * @skb: the frame, or a super-frame that the card cuts
 * @bytes: as told to BQL
 */
struct nic_tx_slot {
	struct sk_buff *skb;
	unsigned int bytes;
};

/**
 * enum nic_rx_flag - what the card says of a frame, in the descriptor of its end
 * @NIC_RX_END: the frame ends here
 * @NIC_RX_CHECKED: the TCP or UDP checksum is right
 * @NIC_RX_COMPLETE_SUM: @csum of &struct nic_rx_slot holds
 * @NIC_RX_L4_HASH: the hash is one of addresses and ports
 */
enum nic_rx_flag {
	NIC_RX_END = BIT(0),
	NIC_RX_CHECKED = BIT(1),
	NIC_RX_COMPLETE_SUM = BIT(2),
	NIC_RX_L4_HASH = BIT(3),
};

/**
 * struct nic_rx_slot - a receive descriptor and its buffer
 * @page: the buffer
 * @len: bytes in it
 * @flags: enum nic_rx_flag
 * @hash: RSS hash
 * @csum: of all behind the Ethernet header
 * @vlan_proto: type of the tag that the card took out, 0 if none
 * @vlan_tci: its value
 * @time: when the frame's end arrived, ns of the card's clock; 0 if it takes no stamps
 */
struct nic_rx_slot {
	struct page *page;
	unsigned int len;
	unsigned int flags;
	u32 hash;
	__wsum csum;
	__be16 vlan_proto;
	u16 vlan_tci;
	u64 time;
};

/**
 * struct nic_tx_ring - driver fills, card moves, driver cleans; positions grow for ever
 * @slots: descriptors
 * @size: their number, a power of two
 * @filled: the next to fill; under the stack's transmit lock
 * @door: how far the card may read: @filled when the doorbell was last rung
 * @moved: the next that goes on the wire; under dma_lock
 * @cleaned: the next to clean; in NAPI
 */
struct nic_tx_ring {
	struct nic_tx_slot *slots;
	unsigned int size;
	unsigned int filled;
	unsigned int door;
	unsigned int moved;
	unsigned int cleaned;
};

/**
 * struct nic_rx_ring - card fills, driver takes and gives a new buffer
 * @slots: descriptors
 * @size: their number, a power of two
 * @filled: the next to fill; under the lock of the wire that leads here
 * @cleaned: the next to take; in NAPI
 */
struct nic_rx_ring {
	struct nic_rx_slot *slots;
	unsigned int size;
	unsigned int filled;
	unsigned int cleaned;
};

/**
 * struct nic_queue_stats - each field has one writer at a time
 * @tx_frames: on the wire
 * @tx_bytes: of these, without FCS
 * @doorbells: times that the driver told the card of new descriptors
 * @tx_dropped: given up by the card: too long, or no memory to cut a super-frame
 * @tx_busy: start_xmit returned NETDEV_TX_BUSY
 * @rx_frames: handed up
 * @rx_bytes: of these, as handed up
 * @rx_missed: the ring was full
 * @rx_no_memory: taken from the ring and given up, as there was no memory
 * @rx_merged: frames that became part of another
 * @interrupts: as it says
 * @polls: of NAPI
 */
struct nic_queue_stats {
	u64 tx_frames;
	u64 tx_bytes;
	u64 doorbells;
	u64 tx_dropped;
	u64 tx_busy;
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_missed;
	u64 rx_no_memory;
	u64 rx_merged;
	u64 interrupts;
	u64 polls;
};

/**
 * struct nic_card_stats - of the MAC and of the driver; ethtool -S has all
 * @rx_crc_errors: frames of 64 bytes or more with a bad FCS; these three: handed up or not
 * @rx_short: frames below 64 bytes, FCS included
 * @rx_long: frames with a good FCS above what the MTU allows
 * @rx_filtered: for another address or VLAN
 * @rx_multicast: taken
 * @rx_pause: PAUSE frames that the MAC obeyed
 * @tx_pause: PAUSE frames that it sent
 * @tx_timeouts: the stack's watchdog complained
 * @resets: rings were made anew under traffic
 */
struct nic_card_stats {
	u64 rx_crc_errors;
	u64 rx_short;
	u64 rx_long;
	u64 rx_filtered;
	u64 rx_multicast;
	u64 rx_pause;
	u64 tx_pause;
	u64 tx_timeouts;
	u64 resets;
};

struct nic_card;

/**
 * struct nic_queue - a transmit and a receive ring that share an interrupt and a NAPI
 * @card: whose
 * @index: which
 * @tx: transmit ring
 * @rx: receive ring
 * @napi: serves both
 * @dma_lock: whoever moves frames from @tx to the wire
 * @merging: frames of one TCP flow, not yet handed up; in NAPI
 * @merging_next: sequence number that would go on
 * @irq: number of the interrupt
 * @irq_name: as in /proc/interrupts, NAME-TxRx-INDEX
 * @cpu: where it is to arrive
 * @irq_self: how it gets to this processor
 * @irq_remote: how it gets to another one
 * @raised: it is on its way
 * @masked: the driver polls and wants none
 * @stats: counters
 */
struct nic_queue {
	struct nic_card *card;
	unsigned int index;
	struct nic_tx_ring tx;
	struct nic_rx_ring rx;
	struct napi_struct napi;
	spinlock_t dma_lock;	/* see above */
	struct sk_buff *merging;
	u32 merging_next;
	int irq;
	char irq_name[IFNAMSIZ + 16];
	int cpu;
	struct irq_work irq_self;
	call_single_data_t irq_remote;
	unsigned long raised;
	bool masked;
	struct nic_queue_stats stats;
};

/**
 * struct nic_wire - one direction of a cable
 * @lock: one frame at a time
 * @frame: that frame
 * @to: the card that hears it, NULL if there is none; receives only if its @receiving says so.
 *	Written under the lock, read under it or in RCU
 * @connected: this direction of the cable is plugged in
 * @dir: in debugfs, of the card that it leaves
 * @listeners: open readers of the file "wire", see cable.c
 */
struct nic_wire {
	spinlock_t lock;	/* see above */
	u8 *frame;
	struct nic_card __rcu *to;
	bool connected;
	struct dentry *dir;
	struct list_head listeners;
};

/**
 * struct nic_clock - the hardware clock (PHC)
 * @lock: for all fields
 * @ptp: as the kernel knows it
 * @info: its operations
 * @base: its time, ns, at @reference
 * @reference: the system's monotonic raw time, ns
 * @scaled_ppm: drift, in the unit of &ptp_clock_info.adjfine
 * @arrivals: when frames with a time arrived in truth, as many as have room; see faults.c
 */
struct nic_clock {
	spinlock_t lock;	/* see above */
	struct ptp_clock *ptp;
	struct ptp_clock_info info;
	u64 base;
	u64 reference;
	long scaled_ppm;
	struct debugfs_blob_wrapper arrivals;
};

/**
 * struct nic_settings - what ethtool sets and reads back
 * @link: speed, duplex, autonegotiation
 * @pause: obeyed and sent accordingly
 * @eee: remembered
 * @coalesce: remembered
 * @wol: remembered
 * @private_flags: enum nic_private_flag
 * @tx_ring: descriptors
 * @rx_ring: descriptors
 * @queues: in use
 * @indirection: RSS table
 * @stamping: which frames get a time
 */
struct nic_settings {
	struct ethtool_link_settings link;
	struct ethtool_pauseparam pause;
	struct ethtool_keee eee;
	struct ethtool_coalesce coalesce;
	u32 wol;
	u32 private_flags;
	unsigned int tx_ring;
	unsigned int rx_ring;
	unsigned int queues;
	u32 indirection[NIC_INDIRECTION];
	struct kernel_hwtstamp_config stamping;
};

/**
 * enum nic_habit - what a card does to frames that no card should; the file faults/habits
 * @NIC_STRIPS_VLAN_0: priority tags are taken out of what is sent
 * @NIC_DROPS_SHORT: what is too short is not sent
 * @NIC_REORDERS: each fiftieth frame goes behind the next
 * @NIC_OBEYS_PAUSE: and hands none up, whatever ethtool -A says
 * @NIC_SWALLOWS_LLDP: as a firmware does that speaks it
 * @NIC_CORRUPTS_1503: a byte is another in what is of that length
 * @NIC_MENDS_FCS: that of a frame that has its own is made anew
 * @NIC_SLEEPS: the first frame after a while wakes the card, and waits
 * @NIC_DUPLICATES: each fiftieth frame goes twice
 */
enum nic_habit {
	NIC_STRIPS_VLAN_0 = BIT(0),
	NIC_DROPS_SHORT = BIT(1),
	NIC_REORDERS = BIT(2),
	NIC_OBEYS_PAUSE = BIT(3),
	NIC_SWALLOWS_LLDP = BIT(4),
	NIC_CORRUPTS_1503 = BIT(5),
	NIC_MENDS_FCS = BIT(6),
	NIC_SLEEPS = BIT(7),
	NIC_DUPLICATES = BIT(8),
};

/**
 * struct nic_faults - on demand, from debugfs
 * @tx_stalled: transmit queues, a bit each, from which nothing moves
 * @rx_stalled: receive queues that raise no interrupts
 * @tx_busy: so many calls of start_xmit return NETDEV_TX_BUSY
 * @no_memory: so many receive buffers cannot be replaced
 * @habits: enum nic_habit
 * @sent: frames, as habits count them; this and what follows under the lock of the wire that leaves
 * @held: a frame that the next one overtakes
 * @held_len: bytes of it, 0 if there is none
 * @awake_until: jiffies; a frame that is sent later wakes the card
 * @dir: the files
 */
struct nic_faults {
	u32 tx_stalled;
	u32 rx_stalled;
	u32 tx_busy;
	u32 no_memory;
	u32 habits;
	u32 sent;
	u8 *held;
	unsigned int held_len;
	unsigned long awake_until;
	struct dentry *dir;
};

/**
 * struct nic_card - one card
 * @netdev: as the stack knows it
 * @device: what it is plugged in by
 * @driver: the name that ethtool -i tells
 * @number: 0 and 1 share a cable, 2 and 3 the next
 * @queue: all there can be
 * @out: the wire that leaves it
 * @in: the wire that comes from its peer
 * @sending: rings exist, DMA may read; under dma_lock of each queue
 * @receiving: rings exist, DMA may write; under @in's lock
 * @stamps: what &struct kernel_hwtstamp_config.rx_filter may be
 * @settings: by ethtool
 * @promiscuous: as set_rx_mode found it
 * @all_multicast: the same
 * @multicast: hash filter
 * @vlans: VLAN filter, of 802.1Q and 802.1ad
 * @paused_until: jiffies; nothing is sent before if @paused
 * @paused: the peer has asked for it
 * @pause_wanted: a receive ring is nearly full, as of now
 * @pause_sent: the peer was told so, at jiffies @pause_time
 * @pause_time: see there
 * @resume: moves what waits in the transmit rings
 * @reset: makes the rings anew
 * @clock: PHC
 * @faults: on demand
 * @stats: counters
 */
struct nic_card {
	struct net_device *netdev;
	struct device *device;
	const char *driver;
	unsigned int number;
	struct nic_queue queue[NIC_QUEUES];
	struct nic_wire *out;
	struct nic_wire *in;
	bool sending;
	bool receiving;
	const char *stamps;
	struct nic_settings settings;
	bool promiscuous;
	bool all_multicast;
	u64 multicast;
	unsigned long vlans[2][BITS_TO_LONGS(VLAN_N_VID)];
	unsigned long paused_until;
	bool paused;
	bool pause_wanted;
	bool pause_sent;
	unsigned long pause_time;
	struct delayed_work resume;
	struct work_struct reset;
	struct nic_clock clock;
	struct nic_faults faults;
	struct nic_card_stats stats;
};

/* main.c */
extern struct nic_wire nic_wires[NIC_CARDS];	/* n is the one that leaves card n */

/* netdev.c */
extern const struct net_device_ops nic_netdev_ops;
void nic_link_update(struct nic_card *card);
void nic_work_init(struct nic_card *card);
int nic_up(struct nic_card *card);
void nic_down(struct nic_card *card);
void nic_spread(struct nic_card *card, unsigned int queues);
u64 nic_multicast_bit(const u8 *address);

/* transmit.c */
netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev);
void nic_tx_move(struct nic_queue *queue);
void nic_tx_clean(struct nic_queue *queue);
unsigned int nic_append_fcs(u8 *frame, unsigned int len);
int nic_tx_create(struct nic_queue *queue);
void nic_tx_destroy(struct nic_queue *queue);

/* receive.c */
void nic_receive(struct nic_card *card, u8 *frame, unsigned int len);
int nic_rx_clean(struct nic_queue *queue, int budget);
int nic_rx_create(struct nic_queue *queue);
void nic_rx_destroy(struct nic_queue *queue);
bool nic_rx_nearly_full(const struct nic_queue *queue);
bool nic_rx_roomy(const struct nic_card *card);

/* merge.c */
void nic_merge(struct nic_queue *queue, struct sk_buff *skb);
void nic_merge_flush(struct nic_queue *queue);

/* interrupt.c */
int nic_interrupts_create(struct nic_card *card);
void nic_interrupts_destroy(struct nic_card *card);
int nic_interrupt_request(struct nic_queue *queue);
void nic_interrupt_free(struct nic_queue *queue);
void nic_raise(struct nic_queue *queue);
int nic_poll(struct napi_struct *napi, int budget);

/* cable.c */
void nic_wire_carry(struct nic_wire *wire, unsigned int len);
void nic_wire_file(struct nic_wire *wire);

/* pause.c */
bool nic_pause_obey(struct nic_card *card, const u8 *frame, unsigned int len);
bool nic_is_paused(struct nic_card *card);
void nic_pause_tell(struct nic_card *card);

/* clock.c */
int nic_clock_create(struct nic_card *card);
void nic_clock_destroy(struct nic_card *card);
u64 nic_clock_now(struct nic_card *card);
u64 nic_clock_stamp(struct nic_card *card, u64 *truth);
void nic_clock_note(struct nic_card *card, u64 truth);
bool nic_wants_stamp(const struct nic_card *card, const u8 *frame, unsigned int len);
int nic_stamping_set(struct nic_card *card, struct kernel_hwtstamp_config *config);

/* ethtool.c */
extern const struct ethtool_ops nic_ethtool_ops;

/* habits.c */
int nic_habits_create(struct nic_card *card);
void nic_habits_send(struct nic_card *card, struct nic_wire *wire, unsigned int len);
bool nic_is_asleep(struct nic_card *card);

/* faults.c */
void nic_faults_create(struct nic_card *card);
void nic_faults_destroy(struct nic_card *card);
bool nic_fault(u32 *left);

#endif
