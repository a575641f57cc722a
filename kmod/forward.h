/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_FORWARD_H
#define _SOFTTAP_FORWARD_H

#include <linux/netdevice.h>

rx_handler_result_t softtap_handle_frame(struct sk_buff **pskb);
rx_handler_result_t softtap_handle_fcs_frame(struct sk_buff **pskb);

#endif /* _SOFTTAP_FORWARD_H */
