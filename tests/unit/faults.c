// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into softtap: counts its requests that change something, and has one of them go wrong.
 * Waits for the module that a test plays, too: a write to a file of the real one returns when it is
 * done, and this one has handled what was written when $SOFTTAP_HANDLED is longer.
 *
 * The file $SOFTTAP_CALLS has a line for each, of this and of the programs that softtap runs;
 * $KILL_AT, $FAIL_AT and $INTERRUPT_AT are numbers of lines: softtap is killed after that request
 * (0: before the first one), the kernel refuses it, or softtap gets a SIGINT before it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What softtap runs is left alone. */
__attribute__((constructor)) static void only_softtap(void)
{
	unsetenv("LD_PRELOAD");
}

static bool ethtool_changes(const struct nlmsghdr *message)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == GENL_ID_CTRL)
		return false;
	switch (header->cmd) {
	case ETHTOOL_MSG_FEATURES_SET:
	case ETHTOOL_MSG_CHANNELS_SET:
	case ETHTOOL_MSG_PAUSE_SET:
	case ETHTOOL_MSG_EEE_SET:
	case ETHTOOL_MSG_RINGS_SET:
	case ETHTOOL_MSG_COALESCE_SET:
	case ETHTOOL_MSG_PRIVFLAGS_SET:
		return true;
	}
	return false;
}

/*
 * What puts back addresses and routes is left out: it is tried again and again, so that its number
 * depends on time.
 */
static bool route_changes(int type)
{
	switch (type) {
	case RTM_NEWLINK:
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_DELADDR:
		return true;
	}
	return false;
}

static bool changes(const struct mnl_socket *socket, const struct nlmsghdr *message)
{
	int protocol = -1;
	socklen_t size = sizeof(protocol);

	getsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
	if (protocol == NETLINK_GENERIC)
		return ethtool_changes(message);
	return protocol == NETLINK_ROUTE && route_changes(message->nlmsg_type);
}

static int count(void)
{
	int fd = open(getenv("SOFTTAP_CALLS"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat file;

	if (fd < 0 || write(fd, "x\n", 2) != 2 || fstat(fd, &file))
		abort();
	close(fd);
	return file.st_size / 2;
}

static bool is_now(const char *variable, int call)
{
	const char *value = getenv(variable);

	return value && *value && atoi(value) == call;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *message, size_t size)
{
	ssize_t (*real)(const struct mnl_socket *socket, const void *message, size_t size);
	ssize_t sent;
	int call;

	real = dlsym(RTLD_NEXT, "mnl_socket_sendto");
	if (!changes(socket, message))
		return real(socket, message, size);
	if (is_now("KILL_AT", 0))
		raise(SIGKILL);
	call = count();
	if (is_now("FAIL_AT", call)) {
		errno = EL2HLT;
		return -1;
	}
	if (is_now("INTERRUPT_AT", call))
		raise(SIGINT);
	sent = real(socket, message, size);
	if (is_now("KILL_AT", call))
		raise(SIGKILL);
	return sent;
}

static off_t handled(void)
{
	struct stat file;

	return stat(getenv("SOFTTAP_HANDLED"), &file) ? 0 : file.st_size;
}

static bool tells_module(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return n > 7 && (!strcmp(path + n - 4, "/add") || !strcmp(path + n - 7, "/remove"));
}

int close(int fd)
{
	int (*real)(int fd) = dlsym(RTLD_NEXT, "close");
	bool wait = tells_module(fd);
	off_t before = handled();
	int tries, err = real(fd);

	for (tries = 0; wait && handled() == before && tries < 1000; tries++)
		usleep(5000);
	return err;
}
