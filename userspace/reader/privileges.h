/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PRIVILEGES_H
#define SOFTTAP_PRIVILEGES_H

#include <sys/types.h>

/**
 * struct privileges - who goes on when the device is open
 * @user: name, NULL for who it is already
 * @uid: the user
 * @gid: the primary group
 */
struct privileges {
	const char *user;
	uid_t uid;
	gid_t gid;
};

int privileges_parse(struct privileges *privileges, const char *user);
int privileges_drop(const struct privileges *privileges);

#endif /* SOFTTAP_PRIVILEGES_H */
