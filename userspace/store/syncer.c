// SPDX-License-Identifier: GPL-2.0
/*
 * fdatasync(2) in a thread: a disk may take seconds for it, as a journal's commit takes along what
 * others have written, and who reads a tap has no time for that.
 */
#include <errno.h>
#include <signal.h>

#include "store/syncer.h"

static void *wait_for_disk(void *data)
{
	struct syncer *syncer = data;

	if (storage_sync(syncer->storage))
		syncer->error = errno;
	__atomic_store_n(&syncer->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * Signals are for who started it. The stack is there already: a new one would be mapped, and not
 * be locked, while somebody reads. Return: 0, or an errno.
 */
static int make_thread(struct syncer *syncer)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, syncer->stack, sizeof(syncer->stack));
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = pthread_create(&syncer->thread, &attr, wait_for_disk, syncer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

/**
 * syncer_start - have the disk take what was written until now
 * @syncer: zero, or started before; nothing happens while the time before goes on, or when nothing
 *	was written since
 * @storage: open; goes on being written to
 *
 * Return: 0, or -1 with errno when the disk refused something the time before.
 */
int syncer_start(struct syncer *syncer, struct storage *storage)
{
	if (syncer->running && !__atomic_load_n(&syncer->done, __ATOMIC_ACQUIRE))
		return 0;
	if (syncer_end(syncer))
		return -1;
	if (syncer->upto == storage->length)
		return 0;
	syncer->upto = storage->length;
	syncer->storage = storage;
	/* Without a thread it takes its time here. */
	if (make_thread(syncer))
		return storage_sync(storage);
	syncer->running = true;
	return 0;
}

/**
 * syncer_end - wait until the disk is through
 * @syncer: zero, or started
 *
 * Return: 0, or -1 with errno when it refused something.
 */
int syncer_end(struct syncer *syncer)
{
	int error;

	if (syncer->running)
		pthread_join(syncer->thread, NULL);
	error = syncer->error;
	syncer->running = false;
	syncer->done = false;
	syncer->error = 0;
	if (!error)
		return 0;
	errno = error;
	return -1;
}
