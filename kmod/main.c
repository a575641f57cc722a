// SPDX-License-Identifier: GPL-2.0
/*
 * softtap: a network tap in software.
 *
 * Everything hangs on two ports and a channel (tap.c). A frame's path is forward.c and capture.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "settings.h"
#include "tap.h"
#include "tap_debugfs.h"
#include "tap_device.h"
#include "tap_notifier.h"
#include "tap_sysfs.h"

#ifndef CONFIG_64BIT
#error "softtap publishes 64-bit positions in one store: it needs a 64-bit kernel"
#endif

static struct softtap_settings settings = {
	.subbuf_kb = 512,
	.subbufs = 32,
	.guard = true,
};

static char *tap;
module_param(tap, charp, 0444);
MODULE_PARM_DESC(tap, "A:B[,C:D...] interfaces to put the tap between; A alone listens only");

module_param_named(subbuf_kb, settings.subbuf_kb, uint, 0444);
MODULE_PARM_DESC(subbuf_kb, "KiB of a sub-buffer (512)");

module_param_named(subbufs, settings.subbufs, uint, 0444);
MODULE_PARM_DESC(subbufs, "sub-buffers per CPU and tap (32)");

module_param_named(snaplen, settings.snaplen, uint, 0444);
MODULE_PARM_DESC(snaplen, "bytes of a frame to record; 0 = all (0)");

static char *policy = "wire";
module_param(policy, charp, 0444);
MODULE_PARM_DESC(policy, "when the buffer is full: wire, record or flight (wire)");

module_param_named(guard, settings.guard, bool, 0444);
MODULE_PARM_DESC(guard, "stop what the host itself sends out of the ports (1)");

module_param_named(link_follow, settings.link_follow, bool, 0444);
MODULE_PARM_DESC(link_follow, "take one port's link down with the other's (0)");

static char *bad_frames = "drop";
module_param(bad_frames, charp, 0444);
MODULE_PARM_DESC(bad_frames, "frames that arrive broken: drop, record or pass, or two of these as pass:record (drop)");

static char *tstamp = "sw";
module_param(tstamp, charp, 0444);
MODULE_PARM_DESC(tstamp, "times of frames: sw, or hw where the cards stamp all frames (sw)");

module_param_named(wait, settings.wait, bool, 0444);
MODULE_PARM_DESC(wait, "make taps whose interfaces are not there yet, and wait for these (0)");

/* Makes the taps of the parameter; all or none. */
static int __init add_taps(void)
{
	char *specs;
	int err;

	if (!tap)
		return softtap_settings_check(&settings);
	specs = kstrdup(tap, GFP_KERNEL);
	if (!specs)
		return -ENOMEM;
	err = softtap_tap_add_all(specs, &settings);
	kfree(specs);
	return err;
}

static void open_doors(struct softtap_tap *tap)
{
	softtap_debugfs_create(tap);
	tap->device = softtap_device_create(tap);
}

static void close_doors(struct softtap_tap *tap)
{
	softtap_device_destroy(tap->device);
	softtap_debugfs_destroy(tap);
}

static const struct softtap_tap_view view = {
	.show = softtap_sysfs_add,
	.open = open_doors,
	.close = close_doors,
	.hide = softtap_sysfs_del,
};

/*
 * What is open holds the module, but not while it is being loaded: if init fails, the module goes
 * whoever holds it. So the doors come last: first those by which others add taps, as that can fail,
 * then those to the taps.
 */
static int __init softtap_init(void)
{
	int err;

	err = softtap_policy_parse(policy, &settings.policy) ?:
	      softtap_bad_frames_parse(bad_frames, settings.bad_frames) ?:
	      softtap_tstamp_parse(tstamp, &settings.tstamp);
	if (err)
		return err;
	err = softtap_channel_init();
	if (err)
		return err;
	softtap_tap_init(&view);
	softtap_debugfs_init();
	err = softtap_notifier_register();
	if (err)
		goto err_files;
	err = softtap_sysfs_init();
	if (err)
		goto err_notifier;
	err = add_taps();
	if (err)
		goto err_sysfs;
	err = softtap_sysfs_open(&settings);
	if (err)
		goto err_taps;
	softtap_tap_open_all();
	return 0;

err_taps:
	softtap_tap_remove_all();
err_sysfs:
	softtap_sysfs_exit();
err_notifier:
	softtap_notifier_unregister();
err_files:
	softtap_debugfs_exit();
	softtap_channel_exit();
	return err;
}

static void __exit softtap_exit(void)
{
	softtap_sysfs_close();
	softtap_tap_remove_all();
	softtap_sysfs_exit();
	softtap_notifier_unregister();
	softtap_debugfs_exit();
	softtap_channel_exit();
}

module_init(softtap_init);
module_exit(softtap_exit);

MODULE_DESCRIPTION("A network tap: forwards between two ports unnoticed, records everything");
MODULE_AUTHOR("The softtap developers");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
