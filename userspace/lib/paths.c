// SPDX-License-Identifier: GPL-2.0
/*
 * Where things are that are not ours to place.
 *
 * SOFTTAP_SYSFS, SOFTTAP_SYS_NET, SOFTTAP_SYS_MODULE, SOFTTAP_PROC, SOFTTAP_RUN and
 * SOFTTAP_SYSTEM_RUN put other directories in the place of /sys/kernel/softtap, /sys/class/net,
 * /sys/module/softtap, /proc, /run/softtap and /run: for tests, and for a host's files seen from a
 * container.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/paths.h"

static const char *root(const char *variable, const char *otherwise)
{
	const char *path = getenv(variable);

	return path && *path ? path : otherwise;
}

/**
 * sysfs_root - where the module's files are
 *
 * Return: a directory, without a slash at the end
 */
const char *sysfs_root(void)
{
	return root("SOFTTAP_SYSFS", "/sys/kernel/softtap");
}

/**
 * sysfs_net_root - where the network devices' files are
 *
 * Return: a directory, without a slash at the end
 */
const char *sysfs_net_root(void)
{
	return root("SOFTTAP_SYS_NET", "/sys/class/net");
}

/**
 * sysfs_module_root - where the module's parameters are, in a directory of that name
 *
 * Return: a directory, without a slash at the end
 */
const char *sysfs_module_root(void)
{
	return root("SOFTTAP_SYS_MODULE", "/sys/module/softtap");
}

/**
 * proc_root - where procfs is
 *
 * Return: a directory, without a slash at the end
 */
const char *proc_root(void)
{
	return root("SOFTTAP_PROC", "/proc");
}

/**
 * state_directory - where a running tap's files are
 *
 * Return: a directory, without a slash at the end
 */
const char *state_directory(void)
{
	return root("SOFTTAP_RUN", "/run/softtap");
}

/**
 * run_root - where daemons keep what is so until the machine ends
 *
 * Return: a directory, without a slash at the end
 */
const char *run_root(void)
{
	return root("SOFTTAP_SYSTEM_RUN", "/run");
}

/* Bytes that stand for themselves in the name of a file. */
static const char plain[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:";

/**
 * path_escape - make the name of a file out of a name that somebody else has chosen
 * @escaped: gets it, of PATH_ESCAPED(strlen(@name)) bytes: a point at the beginning, and all that
 *	is no letter, digit, or one of "-_.:", is %XX, as in a URI (RFC 3986)
 * @name: of a network interface, say, which may begin with a point and holds any byte but a few
 */
void path_escape(char *escaped, const char *name)
{
	const char *begin = name;

	for (; *name; name++) {
		if (strchr(plain, *name) && (*name != '.' || name != begin))
			*escaped++ = *name;
		else
			escaped += sprintf(escaped, "%%%02X", (unsigned char)*name);
	}
	*escaped = '\0';
}

/**
 * path_unescape - get the name that path_escape() has made a file's
 * @name: gets it
 * @size: of @name
 * @escaped: the name of the file
 *
 * Return: 0, or -1 when it has made no such name, or one that is too long.
 */
int path_unescape(char *name, size_t size, const char *escaped)
{
	unsigned int byte;

	for (; *escaped && size > 1; size--) {
		if (strchr(plain, *escaped)) {
			*name++ = *escaped++;
		} else if (sscanf(escaped, "%%%2X", &byte) == 1 && byte && escaped[2]) {
			*name++ = byte;
			escaped += 3;
		} else {
			return -1;
		}
	}
	*name = '\0';
	return *escaped ? -1 : 0;
}
