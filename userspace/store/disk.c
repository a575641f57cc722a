// SPDX-License-Identifier: GPL-2.0
/*
 * What a file system takes: written as a capture is, by the same functions, to a file without a
 * name, which is gone with the process however that ends.
 *
 * The figure is kept in $SOFTTAP_RUN/disk, in a file for each file system, for whoever captures.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/storage.h"
#include "lib/clock.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"

#define LEAST_BYTES	(8ULL * STORAGE_BYTES)	/* less says nothing */
#define SPACE_PART	10			/* of the free space at most one in so many */
#define US_PER_S	1000000ULL
#define PAGE		4096

/**
 * struct meter - a measurement as it runs
 * @directory: as the user named it
 * @storage: the file without a name
 * @batch: what is written
 * @written: batches so far
 * @most: bytes that the file may take
 */
struct meter {
	const char *directory;
	struct storage storage;
	char *batch;
	__u64 written;
	__u64 most;
};

static int complain(const struct meter *meter)
{
	msg_error("%s: cannot measure: %s", meter->directory, strerror(errno));
	return -1;
}

/* --- The file --------------------------------------------------------------------------------- */

/*
 * Where O_TMPFILE is unknown. No signal but SIGKILL comes between the name and its end. Return: an
 * fd, or -1 with errno.
 */
static int make_unlinked(const char *directory)
{
	char path[PATH_MAX];
	sigset_t all, before;
	int fd, error;

	snprintf(path, sizeof(path), "%s/.softtap-check-XXXXXX", directory);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	fd = mkostemp(path, O_CLOEXEC);
	error = errno;
	if (fd >= 0)
		unlink(path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return fd;
}

/* By its fd: nobody else can put another file there. */
static int open_nameless(struct meter *meter)
{
	int fd = open(meter->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[32];
	int err;

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = make_unlinked(meter->directory);
	if (fd < 0)
		return complain(meter);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = storage_open(&meter->storage, path, 0);
	meter->storage.path = meter->directory;
	close(fd);
	return err;
}

/* A disk that is full of a measurement is no place for captures. */
static int find_space(struct meter *meter)
{
	struct statvfs status;
	__u64 available;

	if (fstatvfs(meter->storage.fd, &status))
		return complain(meter);
	available = (__u64)status.f_bavail * status.f_frsize;
	meter->most = available / SPACE_PART;
	if (meter->most >= LEAST_BYTES)
		return 0;
	msg_error("%s: too little space to measure, %llu MiB are free and %llu are needed",
		  meter->directory, available >> 20, (LEAST_BYTES * SPACE_PART) >> 20);
	return -1;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static __u64 now_us(void)
{
	return clock_ns(CLOCK_MONOTONIC) / (NS_PER_S / US_PER_S);
}

/* Noise, which nothing on the way to the disk can make smaller. */
static int make_batch(struct meter *meter)
{
	size_t done = 0;
	ssize_t n;

	meter->batch = mmap(NULL, STORAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (meter->batch == MAP_FAILED)
		return complain(meter);
	while (done < STORAGE_BYTES) {
		n = getrandom(meter->batch + done, STORAGE_BYTES - done, 0);
		if (n < 0)
			return complain(meter);
		done += n;
	}
	return 0;
}

/* No page is written twice, as there are disks that keep the like once. */
static void vary_batch(struct meter *meter)
{
	size_t at;

	meter->written++;
	for (at = 0; at < STORAGE_BYTES; at += PAGE)
		memcpy(meter->batch + at, &meter->written, sizeof(meter->written));
}

/* Sub-buffers that lie behind each other are one piece, as in a capture that has to catch up. */
static int write_batch(struct meter *meter, bool direct, struct disk_way *way)
{
	struct iovec piece = { meter->batch, STORAGE_BYTES };
	__u64 start = now_us();
	__u64 took;

	if ((direct ? storage_write_whole : storage_write)(&meter->storage, &piece, 1) <
	    STORAGE_BYTES || storage_keep_pace(&meter->storage))
		return complain(meter);
	took = now_us() - start;
	if (took > way->longest)
		way->longest = took;
	way->bytes += STORAGE_BYTES;
	return 0;
}

/* Writes a new file until it has @most bytes or time is up, and then until the disk has it all. */
static int write_file(struct meter *meter, bool direct, __u64 most, __u64 us,
		      struct disk_way *way)
{
	__u64 start = now_us();

	*way = (struct disk_way){ };
	do {
		vary_batch(meter);
		if (write_batch(meter, direct, way))
			return -1;
	} while (way->bytes + STORAGE_BYTES <= most && now_us() - start < us);
	if (fdatasync(meter->storage.fd))
		return complain(meter);
	way->us = now_us() - start;
	storage_cut(&meter->storage, 0);	/* says itself when it cannot */
	return meter->storage.length ? -1 : 0;
}

/* Memory may take in a second what a disk has to work on for minutes: no more than it can take. */
static int write_cached(struct meter *meter, __u64 us, struct disk_way *way)
{
	__u64 most;

	if (write_file(meter, false, LEAST_BYTES, ~0ULL, way))
		return -1;
	most = disk_way_rate(way) * us / US_PER_S;
	if (most < LEAST_BYTES)
		most = LEAST_BYTES;
	return write_file(meter, false, most < meter->most ? most : meter->most, us, way);
}

/* Whether it can be done shows when it is done. */
static int write_direct(struct meter *meter, __u64 us, struct disk_way *way)
{
	if (meter->storage.direct < 0)
		return 0;
	if (write_file(meter, true, meter->most, us, way))
		return -1;
	if (meter->storage.direct < 0)
		*way = (struct disk_way){ };
	return 0;
}

/* --- What is kept ----------------------------------------------------------------------------- */

/*
 * A file system's number may be another's later, so its own mark has to be the same, too.
 * A regular file tells, as the numbers of directories may be others (overlayfs).
 */
static int file_of(char *path, unsigned long *mark, int fd)
{
	struct statvfs filesystem;
	struct stat status;

	if (fstat(fd, &status) || fstatvfs(fd, &filesystem))
		return -errno;
	snprintf(path, PATH_MAX, "%s/disk/%u:%u", state_directory(), major(status.st_dev),
		 minor(status.st_dev));
	*mark = filesystem.f_fsid;
	return 0;
}

static int write_kept(const char *path, unsigned long mark, __u64 rate)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool failed;

	if (fd < 0)
		return -errno;
	fchmod(fd, 0644);	/* whoever captures need not be who has measured */
	failed = dprintf(fd, "filesystem %lx\nbytes_per_second %llu\n", mark, rate) < 0;
	return close(fd) || failed ? -EIO : 0;
}

/* All of it or nothing; without it all works, but no capture will warn. */
static void keep(const struct disk *disk, int fd)
{
	char path[PATH_MAX], new[PATH_MAX + 16];
	unsigned long mark = 0;
	int err;

	err = file_of(path, &mark, fd);
	if (!err) {
		snprintf(new, sizeof(new), "%s/disk", state_directory());
		mkdir(state_directory(), 0755);
		mkdir(new, 0755);	/* a failure shows at once */
		snprintf(new, sizeof(new), "%s.%d", path, getpid());
		err = write_kept(new, mark, disk->rate);
		if (!err && rename(new, path))
			err = -errno;
	}
	if (err)
		msg_warning("this is not kept, so captures will not warn: %s/disk: %s",
			    state_directory(), strerror(-err));
}

/**
 * disk_recall - what a file's file system took when it was measured last
 * @fd: the file
 *
 * Return: bytes a second, or 0 when it has not been measured
 */
__u64 disk_recall(int fd)
{
	char path[PATH_MAX], text[128];
	unsigned long mark, kept;
	unsigned long long rate;

	if (file_of(path, &mark, fd) || read_value(text, sizeof(text), "%s", path) ||
	    sscanf(text, "filesystem %lx bytes_per_second %llu", &kept, &rate) != 2)
		return 0;
	return kept == mark ? rate : 0;
}

/* --- All together ----------------------------------------------------------------------------- */

/**
 * disk_way_rate - how much a way takes
 * @way: that was measured
 *
 * Return: bytes a second
 */
__u64 disk_way_rate(const struct disk_way *way)
{
	return way->us ? way->bytes * US_PER_S / way->us : 0;
}

static void sum_up(struct disk *disk)
{
	__u64 direct = disk_way_rate(&disk->direct);

	disk->rate = disk_way_rate(&disk->cached);
	if (direct && direct < disk->rate)
		disk->rate = direct;
	disk->longest = disk->direct.longest > disk->cached.longest ? disk->direct.longest :
								     disk->cached.longest;
}

static int measure(struct meter *meter, struct disk *disk, __u64 us)
{
	if (find_space(meter) || make_batch(meter) || write_direct(meter, us, &disk->direct) ||
	    write_cached(meter, us, &disk->cached))
		return -1;
	sum_up(disk);
	keep(disk, meter->storage.fd);
	return 0;
}

/**
 * disk_measure - write to a file system for some seconds, as a capture does
 * @disk: filled
 * @directory: where; nothing is left in it
 * @seconds: how long, in about
 *
 * What was found is kept for disk_recall().
 *
 * Return: 0, or -1 after a complaint
 */
int disk_measure(struct disk *disk, const char *directory, unsigned int seconds)
{
	struct meter meter = { .directory = directory };
	int err;

	*disk = (struct disk){ };
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG tells */
	if (open_nameless(&meter))
		return -1;
	err = measure(&meter, disk, seconds * US_PER_S / 2);
	storage_close(&meter.storage);
	return err;
}
