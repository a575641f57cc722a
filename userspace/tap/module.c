// SPDX-License-Identifier: GPL-2.0
/* Makes and unmakes taps: loads the module, writes to its files, unloads it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap/counters.h"
#include "tap/module.h"
#include "tap/readers.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/run.h"
#include "lib/status.h"

#define UNLOAD_TRIES	25	/* every 0.2 s; udev may be looking at the device that goes */
#define KERNEL_ERROR	4	/* level of a message: warning or worse */

/* --- What the module says about a failure ---------------------------------------------------- */

static int kernel_log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record is "priority,number,time,flags;text\n" and more lines. */
static bool is_complaint(const char *record, const char **text)
{
	*text = strchr(record, ';');
	if (!*text || (atoi(record) & 7) > KERNEL_ERROR || strstr(*text, "taint"))
		return false;
	*text = strstr(*text, "softtap: ");
	return *text;
}

/* The last complaint of the module since kernel_log_open(), or nothing. */
static void kernel_log_close(int fd, char *complaint, size_t size)
{
	char record[2048];
	const char *text;
	ssize_t n;

	complaint[0] = '\0';
	if (fd < 0)
		return;
	/* A record that was overwritten in the ring fails with EPIPE, the next one is there. */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		record[strcspn(record, "\n")] = '\0';
		if (is_complaint(record, &text))
			snprintf(complaint, size, "%s", text + strlen("softtap: "));
	}
	close(fd);
}

/* --- Making ---------------------------------------------------------------------------------- */

static int load_module(const char *ports, char *reason, size_t size)
{
	const char *file = getenv("SOFTTAP_KO");
	char parameter[64];
	const char *const insmod[] = { "insmod", file, parameter, NULL };
	const char *const modprobe[] = { "modprobe", "softtap", parameter, NULL };
	char *output;
	int err;

	snprintf(parameter, sizeof(parameter), "tap=%s", ports);
	err = run_quietly(file && *file ? insmod : modprobe, &output);
	if (err)
		snprintf(reason, size, "%s", run_reason(err, output));
	free(output);
	return err;
}

static int add_tap(const char *ports, char *reason, size_t size)
{
	int err;

	msg_verbose("a tap more: %s", ports);
	err = write_value(ports, "%s/add", sysfs_root());
	if (err)
		snprintf(reason, size, "%s", strerror(-err));
	return err;
}

/**
 * tap_create - put a tap between two ports, or on one
 * @ports: "eth1:eth2" or "eth1"
 *
 * Loads the module if it is not: the file $SOFTTAP_KO, or what modprobe finds.
 *
 * Return: 0, or not 0 after a complaint, in the module's own words if it had some
 */
int tap_create(const char *ports)
{
	char complaint[512], reason[512];
	int log = kernel_log_open();
	int err;

	err = (module_loaded() ? add_tap : load_module)(ports, reason, sizeof(reason));
	kernel_log_close(log, complaint, sizeof(complaint));
	if (err)
		msg_error("no tap on %s: %s", ports, *complaint ? complaint : reason);
	return err;
}

/**
 * tap_set - change a setting of a tap
 * @name: of the tap
 * @setting: a file of it
 * @value: what to write
 *
 * Return: 0, or a negative errno after a complaint, in the module's own words if it had some
 */
int tap_set(const char *name, const char *setting, const char *value)
{
	int log = kernel_log_open();
	char complaint[512];
	int err;

	msg_verbose("%s/%s = %s", name, setting, value);
	err = write_value(value, "%s/%s/%s", sysfs_root(), name, setting);
	kernel_log_close(log, complaint, sizeof(complaint));
	if (err)
		msg_error("%s: %s", name, *complaint ? complaint : strerror(-err));
	return err;
}

/**
 * tap_with_port - find the tap that has a port of this network namespace
 * @tap: is filled
 * @ifname: name of the port
 *
 * Return: whether there is one
 */
bool tap_with_port(struct tap *tap, const char *ifname)
{
	struct tap *taps;
	bool found = false;
	size_t i, n;
	unsigned int p;

	if (taps_read(&taps, &n))
		return false;
	for (i = 0; i < n && !found; i++)
		for (p = 0; p < taps[i].n_ports && !found && tap_is_here(&taps[i]); p++)
			found = !strcmp(taps[i].ports[p].ifname, ifname);
	if (found)
		*tap = taps[i - 1];
	free(taps);
	return found;
}

/* --- Unmaking -------------------------------------------------------------------------------- */

/* What remains to be done may depend on it: look, at most for a second. */
static int wait_until_gone(const char *name)
{
	struct tap tap;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (tap_read(&tap, name))
			return EXIT_OK;
		usleep(10000);
	}
	msg_error("%s is still there", name);
	return EXIT_FAILED;
}

/**
 * tap_destroy - end a tap's reader, then the tap
 * @name: of the tap
 * @force: whether to kill a reader that does not end when asked to
 *
 * Return: an exit status, after a complaint if it is not 0
 */
int tap_destroy(const char *name, bool force)
{
	int err;

	err = reader_end(name, force);
	if (err)
		return err;
	msg_verbose("removing %s", name);
	err = write_value(name, "%s/remove", sysfs_root());
	if (!err || err == -ENOENT || err == -ENODEV)
		return wait_until_gone(name);
	msg_error("%s cannot be removed: %s", name, strerror(-err));
	return err == -EBUSY ? EXIT_BUSY : EXIT_FAILED;
}

/**
 * module_unload - unload the module if it has no tap
 *
 * Return: an exit status, after a complaint if it is not 0
 */
int module_unload(void)
{
	const char *const rmmod[] = { "rmmod", "softtap", NULL };
	char *output = NULL;
	struct tap *taps;
	size_t n_taps;
	int err = 0;
	int tries;

	if (taps_read(&taps, &n_taps))
		return EXIT_OK;
	free(taps);
	if (n_taps)
		return EXIT_OK;
	for (tries = 0; tries < UNLOAD_TRIES && module_loaded(); tries++) {
		if (tries)
			usleep(200000);
		free(output);
		err = run_quietly(rmmod, &output);
	}
	if (module_loaded())
		msg_error("the module cannot be unloaded: %s",
			  err ? run_reason(err, output) : "it is still there");
	free(output);
	return module_loaded() ? EXIT_FAILED : EXIT_OK;
}
