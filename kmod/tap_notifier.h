/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TAP_NOTIFIER_H
#define _SOFTTAP_TAP_NOTIFIER_H

int softtap_notifier_register(void);
void softtap_notifier_unregister(void);

#endif /* _SOFTTAP_TAP_NOTIFIER_H */
