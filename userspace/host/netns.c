// SPDX-License-Identifier: GPL-2.0
/* Work in another network namespace, as ip netns exec does it: with a /sys of its own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/netns.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"

/* Return: a file of nsfs if it is that namespace's, or -1. */
static int open_if(const char *path, __u64 netns)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || (!fstat(fd, &status) && status.st_ino == netns))
		return fd;
	close(fd);
	return -1;
}

/* Looks for it by the files in @directory, with @suffix behind their names. */
static int open_in(const char *directory, const char *suffix, __u64 netns)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	char path[PATH_MAX];
	int fd = -1;

	while (entries && fd < 0 && (entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", directory, entry->d_name, suffix);
		fd = open_if(path, netns);
	}
	if (entries)
		closedir(entries);
	return fd;
}

/* Of ip-netns(8), of a container's runtime, or of any process. Return: its file, or -1. */
static int find(__u64 netns)
{
	int fd = open_in("/run/netns", "", netns);

	return fd < 0 ? open_in(proc_root(), "/ns/net", netns) : fd;
}

/* The devices in /sys are those of the namespace where it was mounted. */
static int enter(int fd)
{
	if (setns(fd, CLONE_NEWNET) || unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_SLAVE | MS_REC, NULL))
		return -1;
	umount2("/sys", MNT_DETACH);
	if (mount("sysfs", "/sys", "sysfs", 0, NULL))
		return -1;
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	return 0;
}

static int run_there(int fd, int (*function)(void *data), void *data)
{
	if (!enter(fd))
		return function(data);
	msg_error("cannot enter the network namespace: %s", strerror(errno));
	return EXIT_FAILED;
}

/**
 * netns_run - run a function in another network namespace, in a process of its own
 * @netns: its number
 * @function: returns an exit status
 * @data: for it
 *
 * Return: its exit status, or EXIT_FAILED after a complaint; -ENOENT without one when there is no
 * such namespace any more, or nobody here is in it and it has no name.
 */
int netns_run(__u64 netns, int (*function)(void *data), void *data)
{
	int fd = find(netns), status = EXIT_FAILED;
	pid_t child;

	if (fd < 0)
		return -ENOENT;
	fflush(stdout);
	child = fork();
	if (!child) {
		status = run_there(fd, function, data);
		fflush(stdout);
		_exit(status);
	}
	if (child < 0)
		msg_error("cannot start a process: %s", strerror(errno));
	else if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		status = WEXITSTATUS(status);
	else
		status = EXIT_FAILED;
	close(fd);
	return status;
}
