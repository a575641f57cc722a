/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_LOOP_END_H
#define SOFTTAP_LOOP_END_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/link.h"

/**
 * struct loop_end - a port at one end of the cable, as whoever sends and receives there sees it
 * @fd: a packet socket, packet(7)
 * @last: another, which takes nothing
 * @no_fcs: frames are sent with the FCS that they end in (SO_NOFCS)
 */
struct loop_end {
	int fd;
	int last;
	bool no_fcs;
};

int loop_end_open(struct loop_end *end, const struct link *link);
void loop_end_close(struct loop_end *end);
int loop_end_send(struct loop_end *end, const void *frame, size_t len, bool no_fcs);
ssize_t loop_end_receive(struct loop_end *end, unsigned char *frame, size_t size, __u64 *time);
unsigned int loop_end_missed(struct loop_end *end);

#endif /* SOFTTAP_LOOP_END_H */
