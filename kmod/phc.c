// SPDX-License-Identifier: GPL-2.0
/*
 * A network card's clock (PHC), read beside the system's.
 *
 * The kernel lets modules make such a clock, and users read it, but has no call for a module to
 * read one. So its file is opened as a user would do it, and behind that is the clock: the types
 * are those that the clock's driver fills in (linux/posix-clock.h, kernel/time/posix-clock.c). The
 * file is not kept, as it would keep the driver from being unloaded.
 */
#include <linux/cdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/posix-clock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include "compat/compat.h"
#include "phc.h"

#define READINGS	9	/* of which the quickest counts */

/*
 * Only the clock that the kernel calls so is one: its device file has a parent of that name in
 * sysfs (posix_clock_register(), cdev_device_add()). Return: NULL for anything else.
 */
static struct posix_clock *clock_of(const struct file *file, const char *name)
{
	const struct inode *inode = file_inode(file);
	struct posix_clock *clock;
	struct cdev *device;

	if (!S_ISCHR(inode->i_mode) || !inode->i_cdev || !inode->i_cdev->kobj.parent)
		return NULL;
	device = inode->i_cdev;
	if (strcmp(kobject_name(device->kobj.parent), name))
		return NULL;
	clock = container_of(device, struct posix_clock, cdev);
	return clock->ops.clock_gettime ? clock : NULL;
}

static int read_once(struct posix_clock *clock, struct softtap_clock_pair *pair)
{
	u64 before = ktime_get_ns();
	struct timespec64 now;
	int err = clock->ops.clock_gettime(clock, &now);

	pair->width = ktime_get_ns() - before;
	pair->system = before + pair->width / 2;
	pair->card = timespec64_to_ns(&now);
	return err;
}

/* As pc_clock_gettime() guards it: its driver may go meanwhile. */
static int read_guarded(struct posix_clock *clock, struct softtap_clock_pair *pair)
{
	struct softtap_clock_pair each;
	int i, err = 0;

	pair->width = U64_MAX;
	down_read(&clock->rwsem);
	for (i = 0; i < READINGS && !err; i++) {
		err = clock->zombie ? -ENODEV : read_once(clock, &each);
		if (!err && each.width < pair->width)
			*pair = each;
	}
	up_read(&clock->rwsem);
	return err;
}

/**
 * softtap_phc_read - read a card's clock and the system's together
 * @index: N of /dev/ptpN
 * @pair: filled
 *
 * Context: a kernel thread's, which looks in init's /dev; sleeps.
 * Return: 0, or a negative errno: -ENODEV when there is no such clock.
 */
int softtap_phc_read(int index, struct softtap_clock_pair *pair)
{
	struct posix_clock *clock;
	struct file *file;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/dev/ptp%d", index);
	file = softtap_open_as_init(path);
	if (IS_ERR(file))
		return PTR_ERR(file);
	clock = clock_of(file, kbasename(path));
	err = clock ? read_guarded(clock, pair) : -ENODEV;
	fput(file);
	return err;
}
