/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_CAPTURE_OPTIONS_H
#define SOFTTAP_CAPTURE_OPTIONS_H

#include <stdbool.h>

#include <pcap/pcap.h>

#include "softtap.h"
#include "reader/privileges.h"
#include "reader/scheduling.h"

/**
 * struct capture_options - the command line of softtap capture
 * @tap: "tapN"
 * @path: where to write
 * @count: records to write at most
 * @duration: ns to capture at most
 * @interval: ms, how often to look when no sub-buffer is full
 * @sync: ns, how often the disk is to have all; 0 for at the end only
 * @snaplen: bytes of a frame to record at most, 0 for all
 * @ports: bit per port whose frames are recorded, 0 for all ports
 * @program: which frames are recorded; without instructions all
 * @buffer_kib: KiB that each CPU's buffer should have at least, 0 for any
 * @list: only tell which taps there are
 * @quiet: no progress is shown
 * @no_clobber: a file that is there is not overwritten
 * @fail_on_loss: missing frames are a failure
 * @scheduling: where the reader runs, and how urgently
 * @privileges: who captures when the tap is open
 * @by_buffer: not in the order of time, but as whole sub-buffers
 */
struct capture_options {
	const char *tap;
	const char *path;
	__u64 count;
	__u64 duration;
	__u64 interval;
	__u64 sync;
	__u64 snaplen;
	__u32 ports;
	struct bpf_program program;
	__u64 buffer_kib;
	bool list;
	bool quiet;
	bool no_clobber;
	bool fail_on_loss;
	struct scheduling scheduling;
	struct privileges privileges;
	bool by_buffer;
};

int capture_options_parse(int argc, char **argv, struct capture_options *options);

#endif /* SOFTTAP_CAPTURE_OPTIONS_H */
