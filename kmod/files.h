/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_FILES_H
#define _SOFTTAP_FILES_H

struct softtap_tap;

void softtap_files_init(void);
void softtap_files_exit(void);
void softtap_files_create(struct softtap_tap *tap);
void softtap_files_destroy(struct softtap_tap *tap);

#endif /* _SOFTTAP_FILES_H */
