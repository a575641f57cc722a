// SPDX-License-Identifier: GPL-2.0
/* A tap's buffers: mapped, looked at, given back. The calls are described in uapi/softtap.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap/counters.h"
#include "tap/relay.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/sysfs.h"

/* Says why the door does not open. Return: the exit status that fits. */
static int explain_open(const char *tap, const char *path)
{
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		if (!module_loaded())
			msg_error("the module softtap is not loaded: see `softtap up' or insmod");
		else
			msg_error("no tap %s: `softtap show' lists them", tap);
		return EXIT_FAILED;
	case EACCES:
	case EPERM:
		msg_error("no permission to read %s: be root, or in the group it belongs to",
			  path);
		return EXIT_FAILED;
	case EBUSY:
		msg_error("%s has a reader already", tap);
		return EXIT_BUSY;
	default:
		msg_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
}

static void *map(const struct relay *relay, size_t size, __u64 offset)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, relay->fd,
			(off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

static int map_control(struct relay *relay)
{
	const struct softtap_geometry *geometry = &relay->geometry;
	unsigned int cpu;

	relay->streams = calloc(geometry->cpus, sizeof(*relay->streams));
	relay->control = map(relay, geometry->control_size, SOFTTAP_MMAP_CONTROL);
	if (!relay->streams || !relay->control)
		return -1;
	for (cpu = 0; cpu < geometry->cpus; cpu++) {
		relay->streams[cpu].position = relay->control[cpu].consumed;
		relay->streams[cpu].given = relay->control[cpu].consumed;
		relay->streams[cpu].limit = relay->control[cpu].consumed;
		relay->streams[cpu].before = relay->control[cpu].handed;
		relay->streams[cpu].handed = relay->control[cpu].handed;
	}
	return 0;
}

/* Return: what a file of a port says, 0 for a module that has no such file, or for a word. */
static __u64 read_number(const struct relay *relay, unsigned int port, const char *file)
{
	char value[SYSFS_VALUE];

	if (read_value(value, sizeof(value), "%s/%s/%c/%s", sysfs_root(), relay->tap, 'a' + port,
		       file))
		return 0;
	return strtoull(value, NULL, 10);
}

/* But for the clocks' errors it stays the same as long as there is a reader. */
static void read_ports(struct relay *relay)
{
	char value[SYSFS_VALUE];
	unsigned int port;

	relay->stamped = !read_value(value, sizeof(value), "%s/%s/tstamp", sysfs_root(),
				     relay->tap) && !strcmp(value, "hw");
	for (port = 0; port < relay->geometry.ports; port++)
		relay->ports[port] = (struct pcapng_port){
			.fcs_bytes = read_number(relay, port, "fcs_bytes"),
			.stamped = relay->stamped,
			.clock_error = read_number(relay, port, "clock_error"),
		};
}

/**
 * relay_open - become a tap's reader
 * @relay: filled
 * @tap: "tapN"
 *
 * Says on standard error what is wrong.
 *
 * Return: an exit status, EXIT_OK when it is open.
 */
int relay_open(struct relay *relay, const char *tap)
{
	struct softtap_clock clock;
	char path[64];

	memset(relay, 0, sizeof(*relay));
	relay->tap = tap;
	snprintf(path, sizeof(path), "/dev/softtap/%s", tap);
	relay->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (relay->fd < 0)
		return explain_open(tap, path);
	if (ioctl(relay->fd, SOFTTAP_IOC_GEOMETRY, &relay->geometry)) {
		msg_error("%s: %s", path, strerror(errno));
		goto err_close;
	}
	if (relay->geometry.abi != SOFTTAP_ABI_VERSION) {
		msg_error("the module speaks version %u of its interface, this program version %u",
			  relay->geometry.abi, SOFTTAP_ABI_VERSION);
		goto err_close;
	}
	if (relay_clock(relay, &clock)) {
		msg_error("the module is older than this program: load the one that belongs to it");
		goto err_close;
	}
	read_ports(relay);
	relay->buffer_size = (__u64)relay->geometry.subbuf_size * relay->geometry.subbufs;
	if (map_control(relay)) {
		msg_error("cannot map %s: %s", path, strerror(errno));
		goto err_close;
	}
	return EXIT_OK;

err_close:
	relay_close(relay);
	return EXIT_FAILED;
}

/**
 * relay_close - stop being the reader
 * @relay: open; without relay_stop() before, what was not consumed waits for the next reader
 */
void relay_close(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; relay->streams && cpu < relay->geometry.cpus; cpu++)
		if (relay->streams[cpu].map)
			munmap((void *)relay->streams[cpu].map, relay->buffer_size);
	if (relay->control)
		munmap((void *)relay->control, relay->geometry.control_size);
	free(relay->streams);
	close(relay->fd);
}

static int set_program(const struct relay *relay, unsigned long request,
		       const struct bpf_program *program, __u32 ports)
{
	const __u32 all = (1U << relay->geometry.ports) - 1;
	struct softtap_program meant = {
		.length = program->bf_len,
		.ports = ports ? ports : all,
		.instructions = (uintptr_t)program->bf_insns,
	};

	return ioctl(relay->fd, request, &meant);
}

/**
 * relay_filter - have only some frames recorded
 * @relay: open
 * @program: which; without instructions all
 * @ports: bit per port whose frames are recorded, 0 for all ports
 *
 * Return: 0, or -1 with errno: EINVAL when the kernel's checker does not take the program, or there
 * is no such port.
 */
int relay_filter(const struct relay *relay, const struct bpf_program *program, __u32 ports)
{
	return set_program(relay, SOFTTAP_IOC_FILTER, program, ports);
}

/**
 * relay_snaplen - have only the start of each frame recorded
 * @relay: open
 * @snaplen: bytes, 0 for all
 *
 * Return: 0, or -1 with errno.
 */
int relay_snaplen(const struct relay *relay, __u32 snaplen)
{
	return ioctl(relay->fd, SOFTTAP_IOC_SNAPLEN, &snaplen);
}

/**
 * relay_trigger - wait for a frame: then the door is ready for POLLPRI
 * @relay: open
 * @program: for which
 *
 * Return: 0, or -1 with errno, as relay_filter().
 */
int relay_trigger(const struct relay *relay, const struct bpf_program *program)
{
	return set_program(relay, SOFTTAP_IOC_TRIGGER, program, 0);
}

/**
 * relay_triggered - ask when it came
 * @relay: open
 * @time: set to its time (ns), 0 for not yet
 *
 * Return: 0, or -1 with errno.
 */
int relay_triggered(const struct relay *relay, __u64 *time)
{
	return ioctl(relay->fd, SOFTTAP_IOC_TRIGGERED, time);
}

/**
 * relay_now - ask what time it is, or was a moment ago
 * @relay: open
 * @time: set to ns of the records' clock
 *
 * Return: 0, or -1 with errno.
 */
int relay_now(const struct relay *relay, __u64 *time)
{
	return ioctl(relay->fd, SOFTTAP_IOC_HORIZON, time);
}

/**
 * relay_clock - compare the records' clock with the wall clock
 * @relay: open
 * @clock: filled
 *
 * Return: 0, or -1 with errno.
 */
int relay_clock(const struct relay *relay, struct softtap_clock *clock)
{
	return ioctl(relay->fd, SOFTTAP_IOC_CLOCK, clock);
}

/**
 * relay_start - have frames recorded from now on
 * @relay: open
 *
 * Return: 0, or -1 with errno.
 */
int relay_start(const struct relay *relay)
{
	return ioctl(relay->fd, SOFTTAP_IOC_START);
}

/**
 * relay_stop - have no more frames recorded
 * @relay: started; what was recorded until now can be looked at afterwards
 * @stop: filled with the rest of the account
 *
 * Return: 0, or -1 with errno.
 */
int relay_stop(struct relay *relay, struct softtap_stop *stop)
{
	return ioctl(relay->fd, SOFTTAP_IOC_STOP, stop);
}

static int tell_position(const struct relay *relay, unsigned long request, unsigned int cpu,
			 __u64 position)
{
	struct softtap_span span = { .cpu = cpu, .position = position };

	return ioctl(relay->fd, request, &span);
}

/**
 * relay_hand - note that everything up to the streams' positions is about to be written
 * @relay: open
 *
 * Should this reader die now, the next one knows what may be in a file already: what this one
 * writes, and what the one before may have written. After a write that failed, positions that
 * went back are told in the same way.
 *
 * Return: 0, or -1 with errno.
 */
int relay_hand(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];
		__u64 handed = stream->position > stream->before ?
			       stream->position : stream->before;

		if (handed == stream->handed)
			continue;
		if (tell_position(relay, SOFTTAP_IOC_HAND, cpu, handed))
			return -1;
		stream->handed = handed;
	}
	return 0;
}

/**
 * relay_consume - give everything up to the streams' positions back
 * @relay: open
 *
 * Return: 0, or -1 with errno.
 */
int relay_consume(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];

		if (stream->position == stream->given)
			continue;
		if (tell_position(relay, SOFTTAP_IOC_CONSUME, cpu, stream->position))
			return -1;
		stream->given = stream->position;
	}
	return 0;
}

/**
 * relay_rewind - take again from where space was given back last
 * @relay: open
 */
void relay_rewind(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++)
		relay->streams[cpu].position = relay->streams[cpu].given;
}

/**
 * relay_note - leave a note for the next reader, should this one die
 * @relay: open
 * @text: what to leave
 * @length: bytes of it, 0 for no note
 *
 * Return: 0, or -1 with errno.
 */
int relay_note(const struct relay *relay, const void *text, size_t length)
{
	struct softtap_note note = { .length = length, .text = (uintptr_t)text };

	return ioctl(relay->fd, SOFTTAP_IOC_NOTE, &note);
}

/**
 * relay_noted - read what the reader before has left
 * @relay: open
 * @text: filled, as far as something is left
 * @room: bytes of it
 * @left_by: set to the user who left it; (uid_t)-1 for somebody whom nobody here is
 *
 * Return: 0, or -1 with errno.
 */
int relay_noted(const struct relay *relay, void *text, size_t room, uid_t *left_by)
{
	struct softtap_note note = {
		.length = room,
		.uid = -1,
		.text = (uintptr_t)text,
	};

	if (ioctl(relay->fd, SOFTTAP_IOC_NOTED, &note))
		return -1;
	*left_by = note.uid;
	return 0;
}

/**
 * relay_look - see how far finished blocks reach now
 * @relay: open
 * @horizon: set to a time (ns): blocks before it are all there, on every CPU. With one CPU the
 *	order is the buffer's, and it is without end, unless times are those of the cards. NULL
 *	when nothing is recorded any more.
 *
 * Return: 0, or -1 with errno.
 */
int relay_look(struct relay *relay, __u64 *horizon)
{
	unsigned int cpu;

	if (horizon) {
		*horizon = ~0ULL;
		if ((relay->geometry.cpus > 1 || relay->stamped) &&
		    ioctl(relay->fd, SOFTTAP_IOC_HORIZON, horizon))
			return -1;
	}
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];

		stream->limit = __atomic_load_n(&relay->control[cpu].committed, __ATOMIC_ACQUIRE);
		if (stream->limit == stream->position || stream->map)
			continue;
		stream->map = map(relay, relay->buffer_size, SOFTTAP_MMAP_CPU(cpu));
		if (!stream->map)
			return -1;
	}
	return 0;
}

/**
 * relay_block - find a block in the mapping
 * @relay: open
 * @cpu: whose
 * @position: the block's, before the stream's limit
 *
 * A reader before may have given back up to somewhere within a block; what is no block there lasts
 * to the end of the sub-buffer.
 *
 * Return: the block, which never wraps and stays until it is given back; NULL when there is none.
 */
const struct softtap_block *relay_block(const struct relay *relay, unsigned int cpu,
					__u64 position)
{
	const unsigned char *at = relay->streams[cpu].map + position % relay->buffer_size;
	const struct softtap_block *block = (const void *)at;
	__u32 room = relay_subbuf_room(relay, position);

	if (room < sizeof(*block) || block->length < sizeof(*block) || block->length > room ||
	    block->length & 3)
		return NULL;
	return block;
}

/**
 * relay_subbuf_room - how far it is to the end of the sub-buffer
 * @relay: open
 * @position: in a stream
 *
 * Return: bytes.
 */
__u32 relay_subbuf_room(const struct relay *relay, __u64 position)
{
	return relay->geometry.subbuf_size - position % relay->geometry.subbuf_size;
}
