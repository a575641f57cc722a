/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SKBWATCH_H
#define _SKBWATCH_H

#include <linux/types.h>

struct dentry;
struct sk_buff;

u64 skbwatch_digest(const struct sk_buff *skb);
void skbwatch_inject_create(struct dentry *dir);

#endif /* _SKBWATCH_H */
