/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CAPTURE_FILTER_H
#define _SOFTTAP_CAPTURE_FILTER_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct bpf_prog;
struct softtap_program;

/**
 * struct softtap_filter - which frames are meant
 * @program: says so of a frame; NULL for all
 * @ports: bit per port whose frames can be meant
 */
struct softtap_filter {
	struct bpf_prog *program;
	u32 ports;
};

struct softtap_filter *softtap_filter_create(const struct softtap_program *program,
					     unsigned int ports);
void softtap_filter_destroy(struct softtap_filter *filter);
bool softtap_filter_matches(const struct softtap_filter *filter, unsigned int port,
			    const struct sk_buff *skb);

#endif /* _SOFTTAP_CAPTURE_FILTER_H */
