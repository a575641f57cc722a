/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_RESTAMP_H
#define SOFTTAP_RESTAMP_H

#include <stddef.h>
#include <sys/uio.h>

#include <linux/types.h>

/**
 * struct restamp - records with the times of another clock
 * @shift: ns to add to each time; 0: they stay as and where they are
 * @copy: where they are put together, page-aligned
 * @size: bytes of it
 * @piece: what is in it
 */
struct restamp {
	__s64 shift;
	unsigned char *copy;
	size_t size;
	struct iovec piece;
};

int restamp_begin(struct restamp *restamp, __s64 shift, size_t size);
void restamp_end(struct restamp *restamp);
const struct iovec *restamp_pieces(struct restamp *restamp, const struct iovec *pieces,
				   int *n_pieces);

#endif /* SOFTTAP_RESTAMP_H */
