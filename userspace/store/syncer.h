/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SYNCER_H
#define SOFTTAP_SYNCER_H

#include <pthread.h>
#include <stdbool.h>

#include "store/storage.h"

/**
 * struct syncer - has the disk take what was written, beside whoever goes on writing
 * @storage: what is written to; only its file and its name are used
 * @thread: waits for the disk
 * @upto: bytes that were written when it began
 * @running: there is such a thread
 * @done: it is through; written by it
 * @error: errno of what the disk refused, 0 for nothing; written by it
 * @stack: the thread's; far above PTHREAD_STACK_MIN, which grows with a processor's registers
 */
struct syncer {
	struct storage *storage;
	pthread_t thread;
	off_t upto;
	bool running;
	bool done;
	int error;
	char stack[128 << 10];
};

int syncer_start(struct syncer *syncer, struct storage *storage);
int syncer_end(struct syncer *syncer);

#endif /* SOFTTAP_SYNCER_H */
