/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FEATURES_H
#define SOFTTAP_FEATURES_H

#include <stdbool.h>

#include "lib/pairs.h"

int features_read(struct pairs *features, const char *ifname);
int features_collect(struct pairs *unwanted, const struct pairs *now);
const char *features_effect(const char *name);
int features_disable(const char *ifname);
bool features_change_frames(const char *ifname);
int features_restore(const struct pairs *features, const char *ifname);

#endif /* SOFTTAP_FEATURES_H */
