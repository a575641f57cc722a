/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PATHS_H
#define SOFTTAP_PATHS_H

#include <stddef.h>

const char *sysfs_root(void);
const char *sysfs_net_root(void);
const char *sysfs_module_root(void);
const char *proc_root(void);
const char *state_directory(void);
const char *run_root(void);

#define PATH_ESCAPED(length)	(3 * (length) + 1)	/* bytes that an escaped name may take */

void path_escape(char *escaped, const char *name);
int path_unescape(char *name, size_t size, const char *escaped);

#endif /* SOFTTAP_PATHS_H */
