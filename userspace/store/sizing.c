// SPDX-License-Identifier: GPL-2.0
/* What a link brings to the disk, and whether that is more than the disk was seen to take. */
#include <stdlib.h>

#include "softtap.h"
#include "store/disk.h"
#include "store/sizing.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/paths.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define FCS		4	/* bytes at a frame's end that no record has */
#define SORTING_NS	(2 * SOFTTAP_RESIDENCE_MAX)
#define GAP		20	/* bytes on the wire before and behind a frame, IEEE 802.3 */

/* RFC 2544, section 9.1, and the usual mix of frames on the Internet. */
const struct mix mixes[N_MIXES] = {
	{ "64", 1, { { 64, 1 } } },
	{ "128", 1, { { 128, 1 } } },
	{ "256", 1, { { 256, 1 } } },
	{ "512", 1, { { 512, 1 } } },
	{ "1024", 1, { { 1024, 1 } } },
	{ "1280", 1, { { 1280, 1 } } },
	{ "1518", 1, { { 1518, 1 } } },
	{ "IMIX", 3, { { 64, 7 }, { 594, 4 }, { 1518, 1 } } },
};

#define SMALLEST	(&mixes[0])
#define LARGEST		(&mixes[N_MIXES - 2])

/* Return: bytes of a record. */
static unsigned int record(unsigned int frame)
{
	return SOFTTAP_EPB_OVERHEAD + ((frame - FCS + 3) & ~3U);
}

/**
 * sizing_need - what a link that is full brings to the disk
 * @bits_per_second: the speed of all directions together
 * @mix: of what it is full
 *
 * Return: bytes a second
 */
__u64 sizing_need(__u64 bits_per_second, const struct mix *mix)
{
	__u64 wire = 0, records = 0;
	unsigned int i;

	for (i = 0; i < mix->n_parts; i++) {
		wire += mix->parts[i].weight * (mix->parts[i].frame + GAP);
		records += mix->parts[i].weight * record(mix->parts[i].frame);
	}
	return bits_per_second * records / (8 * wire);
}

/* Return: bits a second that can arrive on a port; 0 when its device does not say. */
static __u64 port_speed(const char *ifname)
{
	char value[SYSFS_VALUE];
	long long speed;

	if (read_value(value, sizeof(value), "%s/%s/speed", sysfs_net_root(), ifname))
		return 0;
	speed = strtoll(value, NULL, 10);	/* Mb/s, -1 for unknown */
	return speed > 0 ? speed * 1000000ULL : 0;
}

/**
 * sizing_tap_speed - how much can arrive on the ports of a tap
 * @a: name of the first port
 * @b: of the second one; empty or NULL for a listen-only tap
 *
 * Return: bits a second; 0 when a device does not say
 */
__u64 sizing_tap_speed(const char *a, const char *b)
{
	__u64 speed_a = port_speed(a);
	__u64 speed_b;

	if (!b || !*b)
		return speed_a;
	speed_b = port_speed(b);
	return speed_a && speed_b ? speed_a + speed_b : 0;
}

/**
 * sizing_covered_from - the smallest frames of which a link may be full
 * @bits_per_second: the speed of all directions together
 * @rate: bytes a second that the disk takes
 *
 * The larger the frames, the less there is to write.
 *
 * Return: these frames; NULL when none are large enough
 */
const struct mix *sizing_covered_from(__u64 bits_per_second, __u64 rate)
{
	const struct mix *mix;

	for (mix = SMALLEST; mix <= LARGEST; mix++)
		if (sizing_need(bits_per_second, mix) <= rate)
			return mix;
	return NULL;
}

/**
 * sizing_warn_of_sorting - warn when buffers are small for times of the cards
 * @geometry: the tap
 *
 * A record is written when all that may be older has come, which is SOFTTAP_RESIDENCE_MAX later,
 * and the reader is to have as long for that. Silent when the ports' speed is not known.
 */
void sizing_warn_of_sorting(const struct softtap_geometry *geometry)
{
	const char *b = geometry->ports > 1 ? geometry->ifname[1] : "";
	__u64 speed = sizing_tap_speed(geometry->ifname[0], b);
	__u64 need = sizing_need(speed, SMALLEST) / (NS_PER_S / SORTING_NS) + 1;
	__u64 subbufs = need / geometry->subbuf_size + 1;

	if (speed && subbufs > geometry->subbufs)
		msg_warning("records wait %llu ms to be sorted: if one processor gets all of %s%s%s, make the tap with subbufs=%llu",
			    SOFTTAP_RESIDENCE_MAX / NS_PER_MS, geometry->ifname[0],
			    *b ? " and " : "", b, subbufs);
}

/**
 * sizing_warn - warn when the ports are faster than the disk was when it was measured
 * @geometry: the tap
 * @storage: where the capture goes, open
 *
 * Silent when one of these is not known.
 */
void sizing_warn(const struct softtap_geometry *geometry, const struct storage *storage)
{
	const char *a = geometry->ifname[0];
	const char *b = geometry->ports > 1 ? geometry->ifname[1] : "";
	__u64 rate = storage->regular ? disk_recall(storage->fd) : 0;
	__u64 speed = sizing_tap_speed(a, b);
	const struct mix *from, *wanting;

	if (!rate || !speed)
		return;
	from = sizing_covered_from(speed, rate);
	if (from == SMALLEST)
		return;
	wanting = from ? SMALLEST : LARGEST;
	msg_warning("%s%s%s can bring %llu MB/s%s with frames of %s bytes, the disk of %s took %llu when it was measured",
		    a, *b ? " and " : "", b, sizing_need(speed, wanting) / 1000000,
		    from ? "" : " even", wanting->name, storage->path, rate / 1000000);
}
