/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TAP_DEBUGFS_H
#define _SOFTTAP_TAP_DEBUGFS_H

struct softtap_tap;

void softtap_debugfs_init(void);
void softtap_debugfs_exit(void);
void softtap_debugfs_create(struct softtap_tap *tap);
void softtap_debugfs_destroy(struct softtap_tap *tap);

#endif /* _SOFTTAP_TAP_DEBUGFS_H */
