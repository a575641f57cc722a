// SPDX-License-Identifier: GPL-2.0
/* What softtap tells its user on standard error: always one line, always with its name. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/message.h"

#define SHOWN_MAX	4	/* texts that msg_printable() keeps */
#define SHOWN_BYTES	128

static bool verbose_on;

/* What others have chosen may be in it. Letters of other scripts stay. */
static void hide_controls(char *text)
{
	for (; *text; text++)
		if (isascii(*text) && !isprint(*text))
			*text = '?';
}

static void vmessage(const char *kind, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	hide_controls(text);
	/* Progress on standard output comes before the complaint it led to. */
	fflush(stdout);
	fprintf(stderr, "softtap: %s%s\n", kind, text);
}

/**
 * msg_error - say why something did not work
 * @fmt: printf format of one line, without the newline
 */
void msg_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage("", fmt, ap);
	va_end(ap);
}

/**
 * msg_warning - say what the user should know though the work goes on
 * @fmt: printf format of one line, without the newline
 */
void msg_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage("warning: ", fmt, ap);
	va_end(ap);
}

/**
 * msg_verbose - say what is being done, if the user asked for it
 * @fmt: printf format of one line, without the newline
 */
void msg_verbose(const char *fmt, ...)
{
	va_list ap;

	if (!verbose_on)
		return;
	va_start(ap, fmt);
	vmessage("", fmt, ap);
	va_end(ap);
}

/**
 * msg_set_verbose - make msg_verbose() speak
 * @on: whether it shall
 */
void msg_set_verbose(bool on)
{
	verbose_on = on;
}

/**
 * msg_make_printable - make what others have chosen fit for a terminal
 * @text: each byte that is no printable ASCII character becomes a question mark
 */
void msg_make_printable(char *text)
{
	for (; *text; text++)
		if (!isascii(*text) || !isprint(*text))
			*text = '?';
}

/**
 * msg_printable - make what others have chosen fit for a terminal, or for JSON
 * @text: an interface's name, say, which may be any bytes but a few
 *
 * Return: it, as msg_make_printable() makes it, until the fourth call from now
 */
const char *msg_printable(const char *text)
{
	static char shown[SHOWN_MAX][SHOWN_BYTES];
	static unsigned int next;
	char *room = shown[next++ % SHOWN_MAX];

	snprintf(room, SHOWN_BYTES, "%s", text);
	msg_make_printable(room);
	return room;
}
