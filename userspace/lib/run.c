// SPDX-License-Identifier: GPL-2.0
/* Runs programs, without a shell. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/message.h"
#include "lib/run.h"

#define OUTPUT_MAX	0x100000	/* bytes; ethtool -k writes about 2,500 */

static void join_words(char *text, size_t size, const char *const argv[])
{
	size_t used = 0;

	text[0] = '\0';
	for (; *argv && used < size; argv++)
		used += snprintf(text + used, size - used, "%s%s", used ? " " : "", *argv);
}

/* Whole of a pipe until its last writer is gone; what is beyond OUTPUT_MAX is not kept. */
static char *read_pipe(int fd)
{
	char *text = malloc(OUTPUT_MAX + 1);
	char rest[512];
	size_t used = 0;
	ssize_t n;

	while (text && used < OUTPUT_MAX) {
		n = read(fd, text + used, OUTPUT_MAX - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += n;
	}
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	if (text)
		text[used] = '\0';
	return text;
}

/*
 * Standard output and error go into one pipe: what a program says is either the answer that was
 * asked for, or the reason why there is none.
 */
static int spawn(pid_t *pid, const char *const argv[], int fd)
{
	posix_spawn_file_actions_t actions;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
	err = posix_spawnp(pid, argv[0], &actions, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int spawn_and_read(const char *const argv[], char **text)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	err = spawn(&pid, argv, fds[1]);
	close(fds[1]);
	if (!err) {
		*text = read_pipe(fds[0]);
		err = wait_for(pid);
	}
	close(fds[0]);
	return err;
}

/**
 * run_quietly - run a program found on PATH
 * @argv: the program's name and arguments, NULL at the end
 * @output: gets what the program wrote, standard error included; to be freed, may be NULL
 *
 * Signals that are blocked stay blocked in the program, so that one ^C does not end half of a
 * change.
 *
 * Return: 0, a negative errno, or the program's exit status
 */
int run_quietly(const char *const argv[], char **output)
{
	char command[512];

	join_words(command, sizeof(command), argv);
	msg_verbose("%s", command);
	*output = NULL;
	return spawn_and_read(argv, output);
}

/**
 * run_argv - run a program found on PATH, and complain if it fails
 * @argv: the program's name and arguments, NULL at the end
 * @output: gets what the program wrote, to be freed; or NULL
 *
 * Return: 0, or a negative errno: -EIO when the program failed
 */
int run_argv(const char *const argv[], char **output)
{
	char command[512];
	char *text;
	int err;

	err = run_quietly(argv, &text);
	if (err) {
		join_words(command, sizeof(command), argv);
		msg_error("%s: %s", command, run_reason(err, text));
	}
	if (output && !err)
		*output = text;
	else
		free(text);
	return err > 0 ? -EIO : err;
}

/**
 * run_reason - why a program failed
 * @err: what run_quietly() returned, not 0
 * @output: what the program wrote, of which all but the first line is cut off
 *
 * Return: one line
 */
const char *run_reason(int err, char *output)
{
	if (output)
		output[strcspn(output, "\n")] = '\0';
	if (err == -ENOENT)
		return "the program is not installed";
	if (err < 0)
		return strerror(-err);
	return output && *output ? output : "failed without a word";
}
