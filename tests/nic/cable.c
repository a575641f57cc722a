// SPDX-License-Identifier: GPL-2.0
/*
 * The cable, and a tap on it for tests: in debugfs, testnic/cardN/wire is the direction that
 * leaves card N. Reading gives what passes from now on, as a capture (pcap, ns, frames with their
 * FCS), and waits for more; writing such a capture puts its frames, good or broken, on the wire, as
 * if the card had sent them. testnic/cardN/connected is 0 while that direction is unplugged.
 *
 *	cat cable.pcap >testnic/card0/wire
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "nic.h"

#define PCAP_MAGIC_NS		0xa1b23c4d
#define PCAP_FCS		(0x04000000 | ETH_FCS_LEN / 2 << 28)	/* in words of 16 bits */
#define PCAP_ETHERNET		1
#define LISTENER_BYTES		(64U << 20)	/* that wait for a reader, at most */

/**
 * struct pcap_header - of a file (draft-ietf-opsawg-pcap)
 * @magic: PCAP_MAGIC_NS
 * @major: 2
 * @minor: 4
 * @unused: 0
 * @snaplen: longest frame
 * @link_type: Ethernet, and that frames end in an FCS
 */
struct pcap_header {
	__u32 magic;
	__u16 major;
	__u16 minor;
	__u32 unused[2];
	__u32 snaplen;
	__u32 link_type;
};

/**
 * struct pcap_record - before each frame
 * @seconds: since 1970
 * @nanoseconds: of that second
 * @captured: bytes that follow
 * @len: bytes of the frame, the same
 */
struct pcap_record {
	__u32 seconds;
	__u32 nanoseconds;
	__u32 captured;
	__u32 len;
};

#define RECORD_MAX	(sizeof(struct pcap_record) + NIC_FRAME_MAX)

/**
 * struct listener - an open file
 * @wire: which
 * @entry: in its list, if the file is read from
 * @records: to be read
 * @bytes: in @records
 * @dropped: a record found no room: reading ends in EOVERFLOW
 * @wait: for records
 * @lock: for writers; below are theirs
 * @frame: what was written of a record, or of the file's header
 * @have: bytes of it
 * @begun: the file's header is complete
 */
struct listener {
	struct nic_wire *wire;
	struct list_head entry;
	struct sk_buff_head records;
	unsigned int bytes;
	bool dropped;
	wait_queue_head_t wait;
	struct mutex lock;	/* see above */
	u8 *frame;
	unsigned int have;
	bool begun;
};

/* --- Frames on the wire ----------------------------------------------------------------------- */

static void overhear(struct listener *listener, const u8 *frame, unsigned int len)
{
	struct pcap_record record = { .captured = len, .len = len };
	struct timespec64 now;
	struct sk_buff *skb;

	skb = listener->bytes + len > LISTENER_BYTES ? NULL :
	      alloc_skb(sizeof(record) + len, GFP_ATOMIC);
	if (skb) {
		ktime_get_real_ts64(&now);
		record.seconds = now.tv_sec;
		record.nanoseconds = now.tv_nsec;
		skb_put_data(skb, &record, sizeof(record));
		skb_put_data(skb, frame, len);
		listener->bytes += skb->len;
		skb_queue_tail(&listener->records, skb);
	} else {
		listener->dropped = true;
	}
	wake_up_interruptible(&listener->wait);
}

/**
 * nic_wire_carry - a frame passes
 * @wire: with the frame in its @frame
 * @len: bytes of it, FCS included
 *
 * Context: BH off, the wire's lock held
 */
void nic_wire_carry(struct nic_wire *wire, unsigned int len)
{
	struct nic_card *to = rcu_dereference_protected(wire->to, lockdep_is_held(&wire->lock));
	struct listener *listener;

	list_for_each_entry(listener, &wire->listeners, entry)
		overhear(listener, wire->frame, len);
	if (to && to->receiving && READ_ONCE(wire->connected))
		nic_receive(to, wire->frame, len);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void queue_header(struct listener *listener)
{
	const struct pcap_header header = {
		.magic = PCAP_MAGIC_NS,
		.major = 2,
		.minor = 4,
		.snaplen = NIC_FRAME_MAX,
		.link_type = PCAP_ETHERNET | PCAP_FCS,
	};
	struct sk_buff *skb = alloc_skb(sizeof(header), GFP_KERNEL | __GFP_NOFAIL);

	skb_put_data(skb, &header, sizeof(header));
	listener->bytes += skb->len;
	skb_queue_tail(&listener->records, skb);
}

static int wire_open(struct inode *inode, struct file *file)
{
	struct listener *listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	struct nic_wire *wire = inode->i_private;

	if (!listener)
		return -ENOMEM;
	listener->wire = wire;
	listener->frame = kvmalloc(RECORD_MAX, GFP_KERNEL);
	if (!listener->frame) {
		kfree(listener);
		return -ENOMEM;
	}
	skb_queue_head_init(&listener->records);
	init_waitqueue_head(&listener->wait);
	mutex_init(&listener->lock);
	INIT_LIST_HEAD(&listener->entry);
	file->private_data = listener;
	stream_open(inode, file);
	if (!(file->f_mode & FMODE_READ))
		return 0;
	queue_header(listener);
	spin_lock_bh(&wire->lock);
	list_add_tail(&listener->entry, &wire->listeners);
	spin_unlock_bh(&wire->lock);
	return 0;
}

static int wire_release(struct inode *inode, struct file *file)
{
	struct listener *listener = file->private_data;

	spin_lock_bh(&listener->wire->lock);
	list_del(&listener->entry);
	spin_unlock_bh(&listener->wire->lock);
	skb_queue_purge(&listener->records);
	kvfree(listener->frame);
	kfree(listener);
	return 0;
}

/* Takes part of the first record, so that files can be read in pieces of any size. */
static ssize_t take(struct listener *listener, char __user *buffer, size_t size)
{
	struct nic_wire *wire = listener->wire;
	struct sk_buff *skb = skb_peek(&listener->records);
	size_t part;

	if (!skb)
		return 0;
	part = min_t(size_t, size, skb->len);
	if (copy_to_user(buffer, skb->data, part))
		return -EFAULT;
	spin_lock_bh(&wire->lock);
	listener->bytes -= part;
	if (!skb_pull(skb, part) || !skb->len)
		skb_unlink(skb, &listener->records);
	else
		skb = NULL;
	spin_unlock_bh(&wire->lock);
	kfree_skb(skb);
	return part;
}

static ssize_t wire_read(struct file *file, char __user *buffer, size_t size, loff_t *position)
{
	struct listener *listener = file->private_data;
	ssize_t done = 0, part = 0;
	int err;

	if (skb_queue_empty(&listener->records)) {
		if (listener->dropped)
			return -EOVERFLOW;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(listener->wait, listener->dropped ||
					       !skb_queue_empty(&listener->records));
		if (err)
			return err;
	}
	mutex_lock(&listener->lock);
	while (done < size && (part = take(listener, buffer + done, size - done)) > 0)
		done += part;
	mutex_unlock(&listener->lock);
	return done ?: part;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static int take_header(struct listener *listener)
{
	const struct pcap_header *header = (const void *)listener->frame;

	if (header->magic != PCAP_MAGIC_NS || header->link_type != (PCAP_ETHERNET | PCAP_FCS))
		return -EINVAL;
	listener->begun = true;
	listener->have = 0;
	return 0;
}

static int take_record(struct listener *listener)
{
	struct nic_wire *wire = listener->wire;
	const struct pcap_record *record = (const void *)listener->frame;

	spin_lock_bh(&wire->lock);
	memcpy(wire->frame, record + 1, record->captured);
	nic_wire_carry(wire, record->captured);
	spin_unlock_bh(&wire->lock);
	listener->have = 0;
	return 0;
}

/* Return: bytes that the header or record needs as far as is known, or a negative errno */
static int wanted(const struct listener *listener)
{
	const struct pcap_record *record = (const void *)listener->frame;

	if (!listener->begun)
		return sizeof(struct pcap_header);
	if (listener->have < sizeof(*record))
		return sizeof(*record);
	if (!record->captured || record->captured > NIC_FRAME_MAX ||
	    record->captured != record->len)
		return -EINVAL;
	return sizeof(*record) + record->captured;
}

static ssize_t put(struct listener *listener, const char __user *data, size_t size)
{
	int err, want = wanted(listener);
	size_t part;

	if (want < 0)
		return want;
	part = min_t(size_t, size, want - listener->have);
	if (copy_from_user(listener->frame + listener->have, data, part))
		return -EFAULT;
	listener->have += part;
	want = wanted(listener);
	if (want < 0)
		return want;
	if (listener->have < want)
		return part;
	err = listener->begun ? take_record(listener) : take_header(listener);
	return err ?: part;
}

static ssize_t wire_write(struct file *file, const char __user *data, size_t size,
			  loff_t *position)
{
	struct listener *listener = file->private_data;
	ssize_t done = 0, part = 0;

	mutex_lock(&listener->lock);
	while (done < size) {
		part = put(listener, data + done, size - done);
		if (part < 0)
			break;
		done += part;
		cond_resched();
	}
	mutex_unlock(&listener->lock);
	return done ?: part;
}

static const struct file_operations wire_operations = {
	.owner = THIS_MODULE,
	.open = wire_open,
	.release = wire_release,
	.read = wire_read,
	.write = wire_write,
};

/* --- The plug --------------------------------------------------------------------------------- */

static int connected_get(void *data, u64 *value)
{
	*value = ((struct nic_wire *)data)->connected;
	return 0;
}

static int connected_set(void *data, u64 value)
{
	struct nic_wire *wire = data;
	struct nic_card *card;

	rtnl_lock();
	WRITE_ONCE(wire->connected, value);
	card = rtnl_dereference(wire->to);
	if (card)
		nic_link_update(card);
	rtnl_unlock();
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(connected_operations, connected_get, connected_set, "%llu\n");

/**
 * nic_wire_file - make a wire's files
 * @wire: which
 */
void nic_wire_file(struct nic_wire *wire)
{
	debugfs_create_file("wire", 0600, wire->dir, wire, &wire_operations);
	debugfs_create_file("connected", 0600, wire->dir, wire, &connected_operations);
}
