// SPDX-License-Identifier: GPL-2.0
/* Finds who reads a tap, and asks them to end. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap/readers.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"

#define END_SECONDS	30	/* a reader writes what it has first, to a disk that may be slow */
#define KILL_SECONDS	5

/**
 * struct tap_files - how a tap's files are recognised
 * @device: the device's path
 * @number: the device's number, the same by any path; 0 if it is not known
 * @debugfs: the directory of the relay files, with a slash at the end
 */
struct tap_files {
	char device[64];
	dev_t number;
	char debugfs[64];
};

static void files_of(struct tap_files *files, const char *tap)
{
	struct stat st;

	snprintf(files->device, sizeof(files->device), "/dev/softtap/%s", tap);
	snprintf(files->debugfs, sizeof(files->debugfs), "/sys/kernel/debug/softtap/%s/", tap);
	files->number = !stat(files->device, &st) && S_ISCHR(st.st_mode) ? st.st_rdev : 0;
}

static bool is_file_of(const struct tap_files *files, DIR *dir, const char *fd)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	n = readlinkat(dirfd(dir), fd, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	if (!strcmp(target, files->device) ||
	    !strncmp(target, files->debugfs, strlen(files->debugfs)))
		return true;
	return files->number && !fstatat(dirfd(dir), fd, &st, 0) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == files->number;
}

static bool has_file_of(const struct tap_files *files, const char *pid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/fd", proc_root(), pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = is_file_of(files, dir, entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/* The number may be another process' as soon as this one has gone; the fd never is. */
static bool signal_process(int process, int signal)
{
	return !syscall(SYS_pidfd_send_signal, process, signal, NULL, 0) || errno == EPERM;
}

/* Return: whether it is one of the readers; it gets the signal then, unless that is 0. */
static bool signal_reader(const struct tap_files *files, const char *pid, int signal)
{
	int process = syscall(SYS_pidfd_open, atoi(pid), 0);
	bool is_reader;

	if (process < 0)
		return false;
	is_reader = has_file_of(files, pid) && signal_process(process, 0);
	if (is_reader && signal) {
		msg_verbose("asking process %s to end", pid);
		signal_process(process, signal);
	}
	close(process);
	return is_reader;
}

/* Sends a signal to all readers, unless it is 0. Return: one of them, or 0 if there is none. */
static pid_t signal_readers(const struct tap_files *files, int signal)
{
	struct dirent *entry;
	pid_t reader = 0;
	DIR *dir;

	dir = opendir(proc_root());
	while (dir && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (isdigit((unsigned char)entry->d_name[0]) && pid != getpid() &&
		    signal_reader(files, entry->d_name, signal))
			reader = pid;
	}
	if (dir)
		closedir(dir);
	return reader;
}

static pid_t wait_for_readers(const struct tap_files *files, int signal, int seconds)
{
	pid_t reader = signal_readers(files, signal);
	int tries;

	for (tries = 0; tries < seconds * 20 && reader; tries++) {
		usleep(50000);
		reader = signal_readers(files, 0);
	}
	return reader;
}

/**
 * reader_end - have whoever reads a tap end, and wait until they have
 * @tap: name of the tap
 * @force: whether to kill those that do not end when asked to
 *
 * Return: an exit status, after a complaint if it is not 0
 */
int reader_end(const char *tap, bool force)
{
	struct tap_files files;
	pid_t reader;

	files_of(&files, tap);
	reader = wait_for_readers(&files, SIGTERM, END_SECONDS);
	if (reader && force)
		reader = wait_for_readers(&files, SIGKILL, KILL_SECONDS);
	if (!reader)
		return EXIT_OK;
	msg_error("process %d reads %s and does not end%s", reader, tap,
		  force ? "" : ", --force kills it");
	return EXIT_BUSY;
}
