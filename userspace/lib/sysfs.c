// SPDX-License-Identifier: GPL-2.0
/* Files that hold one value: of sysfs, of procfs. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sysfs.h"

static int vopen(int flags, const char *fmt, va_list ap)
{
	char *path;
	int fd, err;

	if (vasprintf(&path, fmt, ap) < 0)
		return -ENOMEM;
	fd = open(path, flags | O_CLOEXEC);
	err = errno;
	free(path);
	return fd < 0 ? -err : fd;
}

/**
 * read_value - read a file that holds one value
 * @value: gets the value, without white space at its end
 * @size: of @value
 * @fmt: printf format of the path
 *
 * Return: 0, or a negative errno, and then @value is empty
 */
int read_value(char *value, size_t size, const char *fmt, ...)
{
	va_list ap;
	ssize_t n;
	int fd;

	value[0] = '\0';
	va_start(ap, fmt);
	fd = vopen(O_RDONLY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = read(fd, value, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	while (n && isspace((unsigned char)value[n - 1]))
		n--;
	value[n] = '\0';
	return 0;
}

/**
 * write_value - write one value to a file, in one write
 * @value: the text
 * @fmt: printf format of the path
 *
 * Return: 0, or a negative errno
 */
int write_value(const char *value, const char *fmt, ...)
{
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	fd = vopen(O_WRONLY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = write(fd, value, strlen(value));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : 0;
}
