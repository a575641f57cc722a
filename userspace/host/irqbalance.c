// SPDX-License-Identifier: GPL-2.0
/*
 * Tells irqbalance(1), if it runs, which interrupts it is to leave where they are.
 *
 * It listens on a socket (section API of its manual) and knows one list of banned interrupts, which
 * it shows ("setup") and takes anew ("settings ban irqs"). It hears root alone, as the kernel tells
 * it who writes.
 */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/irqbalance.h"
#include "lib/message.h"

#define ANSWER_MAX	16384	/* bytes */
#define MESSAGE_MAX	500	/* bytes; irqbalance before 1.9.5 takes no more */
#define ANSWER_SECONDS	5

static const char none[] = "NONE";

/* A file of one that was killed is there still: nobody answers. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = ANSWER_SECONDS };
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -ENOENT;
}

/* Return: a socket, or -ENOENT if irqbalance does not run. */
static int find_irqbalance(void)
{
	int fd = -ENOENT;
	glob_t found;
	size_t i;

	if (glob("/run/irqbalance/irqbalance*.sock", 0, NULL, &found))
		return -ENOENT;
	for (i = 0; i < found.gl_pathc && fd < 0; i++)
		fd = connect_to(found.gl_pathv[i]);
	globfree(&found);
	return fd;
}

/* Until irqbalance closes: then it has done what it was asked. */
static int read_answer(int fd, char *answer)
{
	size_t used = 0;
	ssize_t n;

	while (used < ANSWER_MAX - 1) {
		n = recv(fd, answer + used, ANSWER_MAX - 1 - used, 0);
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += n;
	}
	answer[used] = '\0';
	return 0;
}

/* Return: 0, or a negative errno: -ENOENT if irqbalance does not run. */
static int ask(const char *message, char *answer)
{
	int fd, err = 0;

	fd = find_irqbalance();
	if (fd < 0)
		return fd;
	if (send(fd, message, strlen(message), MSG_NOSIGNAL) < 0)
		err = -errno;
	if (!err)
		err = read_answer(fd, answer);
	close(fd);
	return err;
}

/* "SLEEP 10 IRQ 24 LOAD 0 DIFF 0 CLASS 0 IRQ … BANNED 0000" */
static int parse_banned(struct pairs *banned, char *answer)
{
	char *word;
	int err = 0;

	while (!err && (word = strsep(&answer, " ")))
		if (!strcmp(word, "IRQ") && answer)
			err = pairs_add(banned, strsep(&answer, " "), "");
	return err;
}

/* Return: 0, or a negative errno, of which nothing was said yet. */
static int set_banned(const struct pairs *banned)
{
	char message[MESSAGE_MAX] = "settings ban irqs ", answer[ANSWER_MAX];
	size_t used = strlen(message);
	size_t i;

	for (i = 0; i < banned->n && used < sizeof(message); i++)
		used += snprintf(message + used, sizeof(message) - used, "%s ",
				 banned->pairs[i].name);
	if (used >= sizeof(message))
		return -EMSGSIZE;
	if (!banned->n)
		memcpy(message + used, none, sizeof(none));
	msg_verbose("irqbalance: %s", message);
	return ask(message, answer);
}

static bool is_change(const struct pairs *now, const struct pairs *without,
		      const struct pairs *with)
{
	size_t i;

	for (i = 0; i < with->n; i++)
		if (!pairs_get(now, with->pairs[i].name))
			return true;
	for (i = 0; i < now->n; i++)
		if (pairs_get(without, now->pairs[i].name) &&
		    !pairs_get(with, now->pairs[i].name))
			return true;
	return false;
}

/* Sets its list to those of @now that @without has not, and those of @with. */
static int change(const struct pairs *now, const struct pairs *without, const struct pairs *with)
{
	struct pairs banned = { };
	int err = 0;
	size_t i;

	if (!is_change(now, without, with))
		return 0;
	for (i = 0; i < now->n && !err; i++)
		if (!pairs_get(without, now->pairs[i].name))
			err = pairs_add(&banned, now->pairs[i].name, "");
	for (i = 0; i < with->n && !err; i++)
		err = pairs_add(&banned, with->pairs[i].name, "");
	if (!err)
		err = set_banned(&banned);
	pairs_free(&banned);
	if (err == -EMSGSIZE)
		msg_error("irqbalance takes no list of so many interrupts: stop it first");
	else if (err && err != -ENOENT)
		msg_error("irqbalance does not take a list of interrupts: %s", strerror(-err));
	return err;
}

/**
 * irqbalance_banned - ask which interrupts irqbalance leaves where they are
 * @banned: gets their numbers, without values
 *
 * Return: 0, also if it does not run, or a negative errno after a complaint
 */
int irqbalance_banned(struct pairs *banned)
{
	char answer[ANSWER_MAX];
	int err;

	err = ask("setup", answer);
	if (!err)
		err = parse_banned(banned, answer);
	if (!err || err == -ENOENT)
		return 0;
	msg_error("irqbalance does not answer: %s", strerror(-err));
	return err;
}

/**
 * irqbalance_ban - have irqbalance leave interrupts where they are
 * @interrupts: their numbers are the names
 *
 * Return: 0, also if it does not run, or a negative errno after a complaint
 */
int irqbalance_ban(const struct pairs *interrupts)
{
	struct pairs now = { };
	int err;

	err = irqbalance_banned(&now);
	if (!err)
		err = change(&now, interrupts, interrupts);
	pairs_free(&now);
	return err == -ENOENT ? 0 : err;
}

/**
 * irqbalance_allow - let irqbalance have interrupts again
 * @interrupts: their numbers are the names
 * @except: those that it had to leave alone before
 *
 * Return: 0, also if it does not run, or a negative errno after a complaint
 */
int irqbalance_allow(const struct pairs *interrupts, const struct pairs *except)
{
	struct pairs now = { };
	int err;

	err = irqbalance_banned(&now);
	if (!err && now.n)
		err = change(&now, interrupts, except);
	pairs_free(&now);
	return err == -ENOENT ? 0 : err;
}
