/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions that do nothing, but that an emulator's plugin recognises by their bytes: a long
 * nop with a displacement that no compiler would choose.
 */
#ifndef _BENCH_MARKER_H
#define _BENCH_MARKER_H

#define MARKER_BEGIN	0x62746673	/* "sftb" */
#define MARKER_END	0x65746673	/* "sfte" */

/* Must be inlined, as the word is part of the instruction: -O2. */
static inline void mark(unsigned int word)
{
	__asm__ volatile("nopl %c0(%%rax)" : : "i"(word) : "memory");
}

#endif /* _BENCH_MARKER_H */
