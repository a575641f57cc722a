/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_RELAY_H
#define SOFTTAP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <pcap/pcap.h>

#include "pcapng/write.h"
#include "softtap.h"

/**
 * struct stream - one CPU's buffer as its reader sees it
 * @map: the buffer, NULL until the CPU has recorded something
 * @position: the next block to take
 * @given: all before it is given back
 * @limit: up to here blocks were finished at the last look
 * @before: up to here the reader before may have written
 * @handed: up to here blocks may be in a file, as the module was told
 */
struct stream {
	const unsigned char *map;
	__u64 position;
	__u64 given;
	__u64 limit;
	__u64 before;
	__u64 handed;
};

/**
 * struct relay - a tap's door, opened for reading
 * @tap: "tapN", as it was opened
 * @fd: /dev/softtap/tapN
 * @geometry: what the module says of the buffers
 * @stamped: times are those of the cards, and records not in their order
 * @ports: what each port's frames are like
 * @buffer_size: bytes of a CPU's buffer
 * @control: the control area
 * @streams: one per CPU
 */
struct relay {
	const char *tap;
	int fd;
	struct softtap_geometry geometry;
	bool stamped;
	struct pcapng_port ports[SOFTTAP_PORTS];
	__u64 buffer_size;
	const struct softtap_positions *control;
	struct stream *streams;
};

int relay_open(struct relay *relay, const char *tap);
void relay_close(struct relay *relay);
int relay_filter(const struct relay *relay, const struct bpf_program *program, __u32 ports);
int relay_snaplen(const struct relay *relay, __u32 snaplen);
int relay_trigger(const struct relay *relay, const struct bpf_program *program);
int relay_triggered(const struct relay *relay, __u64 *time);
int relay_now(const struct relay *relay, __u64 *time);
int relay_clock(const struct relay *relay, struct softtap_clock *clock);
int relay_start(const struct relay *relay);
int relay_stop(struct relay *relay, struct softtap_stop *stop);
int relay_hand(struct relay *relay);
int relay_consume(struct relay *relay);
void relay_rewind(struct relay *relay);
int relay_note(const struct relay *relay, const void *text, size_t length);
int relay_noted(const struct relay *relay, void *text, size_t room, uid_t *left_by);
int relay_look(struct relay *relay, __u64 *horizon);
const struct softtap_block *relay_block(const struct relay *relay, unsigned int cpu,
					__u64 position);
__u32 relay_subbuf_room(const struct relay *relay, __u64 position);

#endif /* SOFTTAP_RELAY_H */
