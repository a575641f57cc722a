/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TAP_DEVICE_H
#define _SOFTTAP_TAP_DEVICE_H

struct softtap_device;
struct softtap_tap;

struct softtap_device *softtap_device_create(struct softtap_tap *tap);
void softtap_device_destroy(struct softtap_device *device);

#endif /* _SOFTTAP_TAP_DEVICE_H */
