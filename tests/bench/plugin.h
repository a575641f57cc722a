/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the bench's plugins of the emulator share: the markers that programs of the bench put around
 * what they measure (marker.h).
 */
#ifndef _BENCH_PLUGIN_H
#define _BENCH_PLUGIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "marker.h"
#include "qemu-plugin-api.h"

#define KERNEL		0x8000000000000000ULL	/* addresses above are the kernel's */
#define NOPL_SIZE	7		/* 0f 1f 80 and the displacement */

typedef void (*marker_fn)(unsigned int cpu, void *data);

static inline void die(const char *what)
{
	fprintf(stderr, "plugin: %s\n", what);
	exit(1);
}

/* The word of a marker, 0 for another instruction. */
static inline __u32 marker(const struct qemu_plugin_insn *insn)
{
	static const unsigned char nopl[] = { 0x0f, 0x1f, 0x80 };
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	__u32 word;

	if (qemu_plugin_insn_size(insn) != NOPL_SIZE || memcmp(bytes, nopl, sizeof(nopl)))
		return 0;
	memcpy(&word, bytes + sizeof(nopl), sizeof(word));
	return word;
}

/* For an instruction that is not the kernel's: have the marker's function called when it runs. */
static inline void watch_marker(struct qemu_plugin_insn *insn, marker_fn begin, marker_fn end)
{
	__u32 word = marker(insn);

	if (word == MARKER_BEGIN)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
	if (word == MARKER_END)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS, NULL);
}

/* The value of option NAME= in the plugin's arguments; it must be there. */
static inline const char *value_of(const char *name, int argc, char **argv)
{
	size_t length = strlen(name);
	int i;

	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return argv[i] + length + 1;
	fprintf(stderr, "plugin: option %s= is missing\n", name);
	exit(1);
}

static inline FILE *open_or_die(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

#endif /* _BENCH_PLUGIN_H */
