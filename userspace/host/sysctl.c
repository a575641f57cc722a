// SPDX-License-Identifier: GPL-2.0
/* A port's settings in /proc/sys/net/{ipv4,ipv6}/conf. Names here: "ipv6/disable_ipv6". */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host/sysctl.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define SYSCTL_VALUE	128	/* bytes; stable_secret is the longest */

static const char disable_ipv6[] = "ipv6/disable_ipv6";

/*
 * In this order: nothing may be configured between two of them. The last one: a host does not tell
 * that it leaves a group in the first version of IGMP (RFC 1112); in later ones it tells it again
 * after a while, when the port may be up again.
 */
static const struct pair silence[] = {
	{ "ipv6/disable_ipv6", "1" },
	{ "ipv6/addr_gen_mode", "1" },	/* none */
	{ "ipv6/accept_ra", "0" },
	{ "ipv6/autoconf", "0" },
	{ "ipv4/force_igmp_version", "1" },
};

static int sysctl_read(char *value, const char *ifname, const char *name)
{
	const char *setting = strchr(name, '/') + 1;

	return read_value(value, SYSCTL_VALUE, "%s/sys/net/%.4s/conf/%s/%s", proc_root(), name,
			  ifname, setting);
}

static int sysctl_write(const char *value, const char *ifname, const char *name)
{
	const char *setting = strchr(name, '/') + 1;
	char now[SYSCTL_VALUE];
	int err;

	if (!sysctl_read(now, ifname, name) && !strcmp(now, value))
		return 0;
	msg_verbose("net.%.4s.conf.%s.%s = %s", name, ifname, setting, value);
	err = write_value(value, "%s/sys/net/%.4s/conf/%s/%s", proc_root(), name, ifname, setting);
	if (err)
		msg_error("net.%.4s.conf.%s.%s = %s: %s", name, ifname, setting, value,
			  strerror(-err));
	return err;
}

static int is_writable(DIR *dir, const char *file)
{
	struct stat st;

	return !fstatat(dirfd(dir), file, &st, 0) && S_ISREG(st.st_mode) && st.st_mode & 0200;
}

static int read_family(struct pairs *sysctls, const char *family, const char *ifname)
{
	char path[PATH_MAX], name[NAME_MAX], value[SYSCTL_VALUE];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/net/%s/conf/%s", proc_root(), family, ifname);
	dir = opendir(path);
	if (!dir)	/* a kernel without IPv6 */
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		if (!is_writable(dir, entry->d_name))
			continue;
		snprintf(name, sizeof(name), "%s/%.100s", family, entry->d_name);
		/* A secret that was never set cannot be read. */
		if (!sysctl_read(value, ifname, name))
			err = pairs_add(sysctls, name, value);
	}
	closedir(dir);
	return err;
}

/**
 * sysctls_read - read a port's settings
 * @sysctls: gets them
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno
 */
int sysctls_read(struct pairs *sysctls, const char *ifname)
{
	int err;

	err = read_family(sysctls, "ipv4", ifname);
	return err ? err : read_family(sysctls, "ipv6", ifname);
}

/**
 * sysctls_silence - no IPv6 and no autoconfiguration on a port
 * @sysctls: what sysctls_read() said: a setting that this kernel lacks is left out
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int sysctls_silence(const struct pairs *sysctls, const char *ifname)
{
	int err = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(silence) && !err; i++)
		if (pairs_get(sysctls, silence[i].name))
			err = sysctl_write(silence[i].value, ifname, silence[i].name);
	return err;
}

/**
 * sysctls_ipv6_is_on - whether a port speaks IPv6
 * @ifname: name of the port
 *
 * Return: false also of a kernel without IPv6
 */
bool sysctls_ipv6_is_on(const char *ifname)
{
	char value[SYSCTL_VALUE];

	return !sysctl_read(value, ifname, disable_ipv6) && !strcmp(value, "0");
}

/**
 * sysctls_restore - set a port's settings as they were
 * @sysctls: what sysctls_read() said then
 * @ifname: name of the port
 *
 * IPv6 comes last, when all that decides what it then does is in place.
 *
 * Return: 0, or a negative errno after a complaint
 */
int sysctls_restore(const struct pairs *sysctls, const char *ifname)
{
	const char *ipv6 = pairs_get(sysctls, disable_ipv6);
	int err = 0;
	size_t i;

	for (i = 0; i < sysctls->n; i++) {
		const struct pair *sysctl = &sysctls->pairs[i];
		int one = 0;

		if (strcmp(sysctl->name, disable_ipv6))
			one = sysctl_write(sysctl->value, ifname, sysctl->name);
		err = err ? err : one;
	}
	if (ipv6 && !err)
		err = sysctl_write(ipv6, ifname, disable_ipv6);
	return err;
}
