/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CHANNEL_FLIGHT_H
#define _SOFTTAP_CHANNEL_FLIGHT_H

#include <linux/types.h>

struct softtap_buffer;

void softtap_flight_overwrite(struct softtap_buffer *buffer, u64 position);
void softtap_flight_begin(struct softtap_buffer *buffer);
void softtap_flight_end(struct softtap_buffer *buffer);

#endif /* _SOFTTAP_CHANNEL_FLIGHT_H */
