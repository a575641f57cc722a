/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_READER_H
#define _SOFTTAP_READER_H

#include "channel.h"

struct softtap_filter;

#define SOFTTAP_ALL_CPUS	(-1)

int softtap_reader_claim(struct softtap_channel *channel, int cpu);
void softtap_reader_release(struct softtap_channel *channel, int cpu);
int softtap_reader_start(struct softtap_channel *channel, int cpu);
int softtap_reader_stop(struct softtap_channel *channel, int cpu, struct softtap_stop *stop);
int softtap_reader_hand(struct softtap_channel *channel, u32 cpu, u64 position);
int softtap_reader_consume(struct softtap_channel *channel, u32 cpu, u64 position);
bool softtap_reader_ready(const struct softtap_channel *channel, int cpu);
void softtap_reader_set_snaplen(struct softtap_channel *channel, u32 snaplen);
void softtap_reader_set_filter(struct softtap_channel *channel, struct softtap_filter *filter);
void softtap_reader_set_trigger(struct softtap_channel *channel, struct softtap_filter *trigger);
int softtap_reader_leave_note(struct softtap_channel *channel, const struct softtap_note *note);
int softtap_reader_read_note(struct softtap_channel *channel, struct softtap_note *note);

#endif /* _SOFTTAP_READER_H */
