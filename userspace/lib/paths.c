// SPDX-License-Identifier: GPL-2.0
/*
 * Where things are that are not ours to place.
 *
 * SOFTTAP_SYSFS, SOFTTAP_SYS_NET, SOFTTAP_SYS_MODULE, SOFTTAP_PROC and SOFTTAP_RUN put other
 * directories in the place of /sys/kernel/softtap, /sys/class/net, /sys/module/softtap, /proc and
 * /run/softtap: for tests, and for a host's files seen from a container.
 */
#include <stdlib.h>

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
