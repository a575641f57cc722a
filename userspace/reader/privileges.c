// SPDX-License-Identifier: GPL-2.0
/* Becoming a user for good, when what needs root is done. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reader/privileges.h"
#include "lib/message.h"

/**
 * privileges_parse - read the argument of -Z
 * @privileges: filled
 * @user: name
 *
 * Return: 0, or -1 with a message.
 */
int privileges_parse(struct privileges *privileges, const char *user)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		msg_error("-Z %s: there is no such user", user);
		return -1;
	}
	*privileges = (struct privileges){ user, entry->pw_uid, entry->pw_gid };
	return 0;
}

/* Only root may; whoever is this user has nothing to do. */
static int become(const struct privileges *privileges)
{
	if (geteuid() && getuid() == privileges->uid && geteuid() == privileges->uid)
		return 0;
	if (initgroups(privileges->user, privileges->gid) ||
	    setresgid(privileges->gid, privileges->gid, privileges->gid))
		return -1;
	return setresuid(privileges->uid, privileges->uid, privileges->uid);
}

/* Not by the bits that let root keep them, nor by a file's when it starts another program. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { };

	if (syscall(SYS_capset, &header, none))
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Return: whether root cannot be had back. */
static bool is_for_good(const struct privileges *privileges)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) || real != privileges->uid ||
	    effective != privileges->uid || saved != privileges->uid)
		return false;
	return setresuid(-1, 0, -1) < 0 && setresgid(-1, getgid() ? 0 : 1, -1) < 0;
}

/**
 * privileges_drop - become the user, for good
 * @privileges: as parsed; nothing happens when there is none, or when it is root
 *
 * Call it with only one thread. What is opened afterwards is opened, and made, by the user.
 *
 * Return: 0, or -1 with a message.
 */
int privileges_drop(const struct privileges *privileges)
{
	if (!privileges->user || (!privileges->uid && !geteuid()))
		return 0;
	if (become(privileges)) {
		if (errno == EPERM)
			msg_error("-Z %s: only root becomes somebody else", privileges->user);
		else
			msg_error("-Z %s: %s", privileges->user, strerror(errno));
		return -1;
	}
	if (!drop_capabilities() && is_for_good(privileges))
		return 0;
	msg_error("-Z %s: cannot give root up", privileges->user);
	return -1;
}
