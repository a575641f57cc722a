/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_DISK_H
#define SOFTTAP_DISK_H

#include <stdbool.h>
#include <linux/types.h>

/**
 * struct disk_way - how fast a file took what was written to it in one way
 * @bytes: so many; 0 when the file system does not know this way
 * @us: in so many microseconds, until all was on the disk
 * @longest: of which the longest single write took so many
 */
struct disk_way {
	__u64 bytes;
	__u64 us;
	__u64 longest;
};

/**
 * struct disk - what a file system takes
 * @direct: past the page cache
 * @cached: by the page cache
 * @rate: bytes a second by the slower of them
 * @longest: microseconds of the longest single write of both
 */
struct disk {
	struct disk_way direct;
	struct disk_way cached;
	__u64 rate;
	__u64 longest;
};

int disk_measure(struct disk *disk, const char *directory, unsigned int seconds);
__u64 disk_way_rate(const struct disk_way *way);
__u64 disk_recall(int fd);

#endif /* SOFTTAP_DISK_H */
