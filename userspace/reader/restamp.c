// SPDX-License-Identifier: GPL-2.0
/*
 * Records for a file whose clock is not the one they were recorded with: the wall clock was set in
 * between. The buffers can only be read, so they are copied, and each gets its time in the file.
 *
 * What was page-aligned and whole pages still is: the copy goes to the disk by the same way.
 */
#include <string.h>
#include <sys/mman.h>

#include "reader/restamp.h"
#include "pcapng/write.h"
#include "lib/clock.h"

/**
 * restamp_begin - prepare for a file
 * @restamp: filled
 * @shift: ns to add to each time
 * @size: bytes that are copied at a time, at most
 *
 * Takes memory only when there is something to add.
 *
 * Return: 0, or -1 with errno.
 */
int restamp_begin(struct restamp *restamp, __s64 shift, size_t size)
{
	*restamp = (struct restamp){ .shift = shift, .size = size };
	if (!shift)
		return 0;
	restamp->copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	if (restamp->copy == MAP_FAILED)
		return -1;
	(void)!mlock(restamp->copy, size);	/* as the rest of the reader, if it may */
	return 0;
}

/**
 * restamp_end - give the memory back
 * @restamp: begun, or zero
 */
void restamp_end(struct restamp *restamp)
{
	if (restamp->copy)
		munmap(restamp->copy, restamp->size);
	*restamp = (struct restamp){ };
}

static void move_times(unsigned char *at, const unsigned char *end, __s64 shift)
{
	while (at < end) {
		struct softtap_epb *epb = (void *)at;

		if (epb->block.type == SOFTTAP_PCAPNG_EPB)
			pcapng_epb_set_time(epb, clock_add(pcapng_epb_time(epb), shift));
		at += epb->block.length;
	}
}

/**
 * restamp_pieces - give records their times in the file
 * @restamp: begun
 * @pieces: whole blocks each, no more bytes together than was said
 * @n_pieces: how many; set to how many there are then
 *
 * Return: the pieces to write, as long as these, until the next call.
 */
const struct iovec *restamp_pieces(struct restamp *restamp, const struct iovec *pieces,
				   int *n_pieces)
{
	unsigned char *at = restamp->copy;
	int i;

	if (!restamp->shift || !*n_pieces)
		return pieces;
	for (i = 0; i < *n_pieces; i++) {
		memcpy(at, pieces[i].iov_base, pieces[i].iov_len);
		move_times(at, at + pieces[i].iov_len, restamp->shift);
		at += pieces[i].iov_len;
	}
	restamp->piece = (struct iovec){ restamp->copy, at - restamp->copy };
	*n_pieces = 1;
	return &restamp->piece;
}
