/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PATHS_H
#define SOFTTAP_PATHS_H

const char *sysfs_root(void);
const char *sysfs_net_root(void);
const char *sysfs_module_root(void);
const char *proc_root(void);
const char *state_directory(void);

#endif /* SOFTTAP_PATHS_H */
