// SPDX-License-Identifier: GPL-2.0
/*
 * records: an account of flood's frames in the files that a tap's readers wrote, one after another.
 *
 *	records [--captured A,B] [--lost A,B] [--whole] FILE…
 *
 * A file is read strictly: what softtap does not promise to write is an error. Only the last block
 * of a file may be cut short, as a reader that was killed leaves it. It prints, for each port,
 *
 *	port N records R again G doubled D reordered O foreign F drops L rest X holes H
 *
 * R counts every record of a stream's number once. G are those that a reader said might be in a
 * file before, and were; D came twice without that. O came after a higher number, or after a time
 * that is later by more than the file allows. F are no frames of flood's that arrived on this port.
 * L is the sum of their epb_dropcounts; X is what interface statistics at the end of files say was
 * lost beyond those. H are the numbers that are missing between the first and the last.
 *
 * Then
 *
 *	files N torn T declared W
 *
 * T files were cut short; W records in all were declared as perhaps doubled.
 *
 * --captured and --lost say what R and L + X must be on ports a and b; --whole, that H is no more
 * than was lost.
 *
 * Exit status: 0 good files, nothing doubled, reordered or foreign, all as it must be; 1 not so;
 * 2 an error.
 */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"
#include "numbers.h"
#include "pcapng/write.h"

/**
 * struct port - the account of a port
 * @numbers: over all files; what was declared and found is left out
 * @first: its lowest number
 * @again: records that were declared and found
 * @reordered: records that came late in their file
 * @foreign: records of something else
 * @drops: sum of epb_dropcounts, of @again none
 * @rest: lost beyond those
 */
struct port {
	struct numbers numbers;
	__u64 first;
	__u64 again;
	__u64 reordered;
	__u64 foreign;
	__u64 drops;
	__u64 rest;
};

/**
 * struct file - a file as it is read
 * @name: its name
 * @start: its first byte
 * @at: the current block
 * @end: behind its last byte
 * @disorder: ms by which a record may be older than one before it, from the section header's
 *	comment
 * @declared: records that may be in a file before, from there, too
 * @interfaces: described so far
 * @statistics: interface statistics so far, of the end; no record may follow
 * @time: of the newest record
 * @records: records
 * @next: per port, a number that the next record's is not below
 * @port_records: per port, records
 * @port_drops: per port, sum of epb_dropcounts
 */
struct file {
	const char *name;
	const __u8 *start;
	const __u8 *at;
	const __u8 *end;
	__u64 disorder;
	__u64 declared;
	unsigned int interfaces;
	unsigned int statistics;
	__u64 time;
	__u64 records;
	__u64 next[SOFTTAP_PORTS];
	__u64 port_records[SOFTTAP_PORTS];
	__u64 port_drops[SOFTTAP_PORTS];
};

/**
 * struct expected - what a port's account must be
 * @known: it was said
 * @count: for each port
 */
struct expected {
	bool known;
	__u64 count[SOFTTAP_PORTS];
};

static struct port ports[SOFTTAP_PORTS];
static struct expected captured, lost;
static bool whole;
static __u8 pattern[FRAME_PATTERN];
static __u64 declared;

static void need(const struct file *file, bool condition, const char *what)
{
	if (!condition)
		errx(1, "%s: offset %td: %s", file->name, file->at - file->start, what);
}

static __u32 word(const __u8 *at)
{
	__u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static __u64 long_word(const __u8 *at)
{
	__u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/*
 * Goes through the options from @at to @end, which they must fill.
 * Return: the value of option @code, @length its bytes; NULL when it is not there.
 */
static const __u8 *find_option(const struct file *file, const __u8 *at, const __u8 *end, __u16 code,
			       __u16 *length)
{
	const __u8 *found = NULL;

	while (at < end) {
		struct softtap_option option;

		need(file, end - at >= (long)sizeof(option), "an option is cut off");
		memcpy(&option, at, sizeof(option));
		at += sizeof(option);
		if (option.code == SOFTTAP_OPT_END) {
			need(file, at == end && !option.length, "something behind the options");
			return found;
		}
		if (option.code == code) {
			found = at;
			*length = option.length;
		}
		at += (option.length + 3) & ~3;
	}
	need(file, false, "options without an end");
	return NULL;
}

/* Return: the 64 bits of an option, 0 when it is not there. */
static __u64 option_number(const struct file *file, const __u8 *at, const __u8 *end, __u16 code)
{
	__u16 length = 0;
	const __u8 *value = find_option(file, at, end, code, &length);

	if (!value)
		return 0;
	need(file, length == sizeof(__u64), "an option of a wrong length");
	return long_word(value);
}

static bool take_comment(struct file *file, const char *line)
{
	if (sscanf(line, PCAPNG_ORDER_BUFFER, &file->disorder) == 1)
		return true;
	return sscanf(line, "The first %llu packet", &file->declared) == 1;
}

/* Does a block tell of a step of the wall clock? Then it stands among the records. */
static bool tells_step(const struct file *file, const __u8 *options, const __u8 *end)
{
	static const char begin[] = PCAPNG_CLOCK_STEP;
	__u16 length = 0;
	const __u8 *comment = find_option(file, options, end, PCAPNG_OPT_COMMENT, &length);

	return comment && length >= strlen(begin) && !memcmp(comment, begin, strlen(begin));
}

static void take_section(struct file *file, const __u8 *end)
{
	__u16 length = 0;
	const __u8 *comment;
	char text[200] = "";
	char *line;

	need(file, file->at == file->start, "a second section");
	need(file, word(file->at + 8) == SOFTTAP_PCAPNG_MAGIC, "no pcapng of this machine");
	comment = find_option(file, file->at + 24, end, PCAPNG_OPT_COMMENT, &length);
	if (!comment)
		return;
	need(file, length < sizeof(text), "a long comment");
	memcpy(text, comment, length);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		need(file, take_comment(file, line), "an unknown comment");
	declared += file->declared;
}

static void take_interface(struct file *file, const __u8 *end)
{
	__u16 length = 0;

	need(file, !file->records && !file->statistics, "an interface behind records");
	need(file, find_option(file, file->at + 16, end, SOFTTAP_OPT_IF_NAME, &length),
	     "an interface without a name");
	file->interfaces++;
}

/* Was it said that this record may be in a file before, and is it? */
static bool is_again(const struct file *file, const struct port *port, __u64 number)
{
	return file->records <= file->declared && numbers_has(&port->numbers, number);
}

static void account(struct file *file, const struct softtap_epb *epb, __u64 drops)
{
	struct port *port = &ports[epb->interface];
	struct frame frame;

	if (!frame_parse(&frame, file->at + sizeof(*epb), epb->captured, pattern) ||
	    frame.stream != epb->interface) {
		port->foreign++;
		port->drops += drops;
		return;
	}
	if (frame.number < file->next[epb->interface])
		port->reordered++;
	file->next[epb->interface] = frame.number + 1;
	if (is_again(file, port, frame.number)) {
		port->again++;
		return;
	}
	if (!port->numbers.once || frame.number < port->first)
		port->first = frame.number;
	numbers_see(&port->numbers, frame.number);
	port->drops += drops;
}

static void take_record(struct file *file, const __u8 *end)
{
	struct softtap_epb epb;
	const __u8 *options;
	__u64 time, drops;

	memcpy(&epb, file->at, sizeof(epb));
	need(file, !file->statistics, "a record behind statistics");
	need(file, epb.interface < file->interfaces, "a record of no interface");
	need(file, epb.captured == epb.original, "a frame is cut off");
	need(file, epb.block.length >= SOFTTAP_EPB_OVERHEAD + epb.captured, "a frame too long");
	options = file->at + sizeof(epb) + ((epb.captured + 3) & ~3U);
	drops = option_number(file, options, end, SOFTTAP_OPT_EPB_DROPS);
	time = (__u64)epb.time_high << 32 | epb.time_low;
	if (time + file->disorder * PCAPNG_ORDER_UNIT < file->time)
		ports[epb.interface].reordered++;
	if (time > file->time)
		file->time = time;
	file->records++;
	file->port_records[epb.interface]++;
	file->port_drops[epb.interface] += drops;
	account(file, &epb, drops);
}

/* The reader's own account must be what the file holds. */
static void take_statistics(struct file *file, const __u8 *end)
{
	__u32 port = word(file->at + 8);
	const __u8 *options = file->at + 20;
	__u64 dropped = option_number(file, options, end, PCAPNG_OPT_ISB_IFDROP);
	__u64 received = option_number(file, options, end, PCAPNG_OPT_ISB_IFRECV);
	__u64 delivered = option_number(file, options, end, PCAPNG_OPT_ISB_USRDELIV);

	need(file, port < file->interfaces, "statistics of no interface");
	need(file, delivered == file->port_records[port],
	     "statistics of another number of records");
	need(file, dropped >= file->port_drops[port], "statistics with less than the dropcounts");
	need(file, received == file->port_records[port] + dropped,
	     "statistics that do not add up");
	if (tells_step(file, options, end))
		return;
	ports[port].rest += dropped - file->port_drops[port];
	file->statistics++;
}

static void take_block(struct file *file, __u32 length)
{
	const __u8 *end = file->at + length - sizeof(__u32);
	__u32 type = word(file->at);

	need(file, word(end) == length, "the lengths of a block differ");
	need(file, (type == SOFTTAP_PCAPNG_SHB) == (file->at == file->start),
	     "a file begins with its section");
	if (type == SOFTTAP_PCAPNG_SHB)
		take_section(file, end);
	else if (type == SOFTTAP_PCAPNG_IDB)
		take_interface(file, end);
	else if (type == SOFTTAP_PCAPNG_EPB)
		take_record(file, end);
	else if (type == SOFTTAP_PCAPNG_ISB)
		take_statistics(file, end);
	else
		need(file, type == SOFTTAP_PCAPNG_FILLER, "a block of unknown type");
}

/* Return: whether it ends within a block. */
static bool take_blocks(struct file *file)
{
	while (file->at < file->end) {
		__u32 length;

		if (file->end - file->at < (long)sizeof(struct softtap_block))
			return true;
		length = word(file->at + sizeof(__u32));
		need(file, length >= 12 && !(length & 3), "a block of no length");
		if (length > file->end - file->at)
			return true;
		take_block(file, length);
		file->at += length;
	}
	return false;
}

static bool take_file(const char *name)
{
	struct file file = { .name = name };
	int fd = open(name, O_RDONLY);
	struct stat status;
	bool torn;

	if (fd < 0 || fstat(fd, &status))
		err(2, "%s", name);
	if (!status.st_size)
		return true;
	file.start = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file.start == MAP_FAILED)
		err(2, "%s", name);
	file.at = file.start;
	file.end = file.start + status.st_size;
	torn = take_blocks(&file);
	munmap((void *)file.start, status.st_size);
	close(fd);
	return torn;
}

/* Prints a port's account. Return: whether it is good. */
static bool report(unsigned int which)
{
	const struct port *port = &ports[which];
	const struct numbers *numbers = &port->numbers;
	__u64 records = numbers->once + port->foreign;
	__u64 holes = numbers->end - port->first - numbers->once;

	printf("port %u records %llu again %llu doubled %llu reordered %llu foreign %llu ",
	       which, records, port->again, numbers->doubled, port->reordered, port->foreign);
	printf("drops %llu rest %llu holes %llu\n", port->drops, port->rest, holes);
	if (captured.known && captured.count[which] != records)
		return false;
	if (lost.known && lost.count[which] != port->drops + port->rest)
		return false;
	if (whole && holes > port->drops)
		return false;
	return !numbers->doubled && !port->reordered && !port->foreign;
}

static void show_usage(int status)
{
	fputs("usage: records [--captured A,B] [--lost A,B] [--whole] FILE...\n",
	      status ? stderr : stdout);
	exit(status);
}

static void parse_expected(const char *text, struct expected *expected)
{
	if (sscanf(text, "%llu,%llu", &expected->count[0], &expected->count[1]) != SOFTTAP_PORTS)
		show_usage(2);
	expected->known = true;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "captured", required_argument, NULL, 'c' },
		{ "lost", required_argument, NULL, 'l' },
		{ "whole", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'c')
			parse_expected(optarg, &captured);
		else if (letter == 'l')
			parse_expected(optarg, &lost);
		else if (letter == 'w')
			whole = true;
		else
			show_usage(letter == 'h' ? 0 : 2);
	}
	if (optind == argc)
		show_usage(2);
}

int main(int argc, char **argv)
{
	unsigned int torn = 0;
	bool good = true;
	int i;

	parse(argc, argv);
	frame_fill_pattern(pattern);
	for (i = optind; i < argc; i++)
		torn += take_file(argv[i]);
	for (i = 0; i < SOFTTAP_PORTS; i++)
		good &= report(i);
	printf("files %d torn %u declared %llu\n", argc - optind, torn, declared);
	return !good;
}
