/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TAP_SYSFS_H
#define _SOFTTAP_TAP_SYSFS_H

struct softtap_settings;
struct softtap_tap;

int softtap_sysfs_init(void);
int softtap_sysfs_open(const struct softtap_settings *settings);
void softtap_sysfs_close(void);
void softtap_sysfs_exit(void);
int softtap_sysfs_add(struct softtap_tap *tap);
void softtap_sysfs_del(struct softtap_tap *tap);

#endif /* _SOFTTAP_TAP_SYSFS_H */
