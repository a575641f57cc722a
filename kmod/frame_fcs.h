/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_FRAME_FCS_H
#define _SOFTTAP_FRAME_FCS_H

#include <linux/skbuff.h>

/**
 * struct softtap_fcs - a frame check sequence, and what is wrong with its frame
 * @value: as it came
 * @length: bytes of it that are not in the frame any more: 4, or 0 where it has none of its own
 * @errors: SOFTTAP_EPB_ERROR_*; a frame without is not broken
 */
struct softtap_fcs {
	__le32 value;
	u32 length;
	u32 errors;
};

int softtap_fcs_take(struct sk_buff *skb, bool certain, struct softtap_fcs *fcs);
struct sk_buff *softtap_fcs_put_back(struct sk_buff *skb, const struct softtap_fcs *fcs);

#endif /* _SOFTTAP_FRAME_FCS_H */
