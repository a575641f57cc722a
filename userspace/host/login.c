// SPDX-License-Identifier: GPL-2.0
/*
 * Finds login sessions that run over a port: a tap there would cut off whoever is setting it up.
 *
 * Three places tell of them: $SSH_CONNECTION, the TCP connections of login servers, and the list
 * of who is logged in. A session runs over a port when the port has the local address, or when the
 * route to the remote one leaves by it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <utmpx.h>

#include "host/login.h"
#include "lib/paths.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define TCP_STATE_ESTABLISHED	1

/* Names of processes that hold a login's connection, as /proc/PID/comm has them. */
static const char *const servers[] = {
	"sshd*", "dropbear*", "*telnetd*", "*rlogind*", "*rshd*", "mosh-server", "xrdp*", "Xvnc*",
	"x11vnc*", "cockpit*",
};

/**
 * struct address - an IP address
 * @family: AF_INET, AF_INET6 or 0 if there is none
 * @bytes: in network order, 4 or 16 of them
 */
struct address {
	int family;
	unsigned char bytes[16];
};

/* --- Whether a connection uses the port ------------------------------------------------------ */

/* A server that listens on IPv6 sees IPv4 as ::ffff:a.b.c.d. */
static void unmap(struct address *address)
{
	if (address->family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED((struct in6_addr *)address->bytes))
		return;
	address->family = AF_INET;
	memmove(address->bytes, address->bytes + 12, 4);
}

static int route_port(const struct address *to)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	const struct nlattr *oif = NULL;
	struct nl_list answer = { };
	size_t size = to->family == AF_INET ? 4 : 16;
	int port = 0;

	request->nlmsg_type = RTM_GETROUTE;
	route->rtm_family = to->family;
	route->rtm_dst_len = 8 * size;
	mnl_attr_put(request, RTA_DST, size, to->bytes);
	if (!nl_talk(request, &answer) && answer.n)
		oif = nl_attr(answer.messages[0], sizeof(*route), RTA_OIF);
	if (oif)
		port = mnl_attr_get_u32(oif);
	nl_list_free(&answer);
	return port;
}

static bool uses_port(const struct l3 *port, struct address *local, struct address *remote)
{
	unmap(local);
	unmap(remote);
	if (local->family && l3_has_address(port, local->family, local->bytes))
		return true;
	return remote->family && route_port(remote) == port->ifindex;
}

/* --- $SSH_CONNECTION ------------------------------------------------------------------------- */

static void parse_address(struct address *address, char *text)
{
	text[strcspn(text, "%")] = '\0';
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(address->family, text, address->bytes) != 1)
		address->family = 0;
}

static bool own_session(const struct l3 *port, char *who, size_t size)
{
	const char *text = getenv("SSH_CONNECTION");
	struct address local, remote;
	char from[64], to[64];

	if (!text || sscanf(text, "%63s %*s %63s", from, to) != 2)
		return false;
	snprintf(who, size, "your own ssh session from %s", from);
	parse_address(&remote, from);
	parse_address(&local, to);
	return uses_port(port, &local, &remote);
}

/* --- Connections of login servers ------------------------------------------------------------ */

/**
 * struct sockets - the sockets of login servers
 * @inodes: their numbers
 * @servers: name of the process that has each
 * @n: how many
 */
struct sockets {
	unsigned long *inodes;
	char (*servers)[32];
	size_t n;
};

static void add_socket(struct sockets *sockets, unsigned long inode, const char *server)
{
	size_t n = sockets->n + 1;
	void *inodes = realloc(sockets->inodes, n * sizeof(*sockets->inodes));
	void *names;

	if (inodes)
		sockets->inodes = inodes;
	names = realloc(sockets->servers, n * sizeof(*sockets->servers));
	if (names)
		sockets->servers = names;
	if (!inodes || !names)
		return;
	sockets->inodes[sockets->n] = inode;
	snprintf(sockets->servers[sockets->n], sizeof(*sockets->servers), "%s", server);
	sockets->n = n;
}

static void add_sockets_of(struct sockets *sockets, const char *pid, const char *server)
{
	char path[PATH_MAX], target[64];
	struct dirent *entry;
	unsigned long inode;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/fd", proc_root(), pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1)
			add_socket(sockets, inode, server);
	}
	if (dir)
		closedir(dir);
}

static bool is_server(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(servers); i++)
		if (!fnmatch(servers[i], name, 0))
			return true;
	return false;
}

static void find_sockets(struct sockets *sockets)
{
	struct dirent *entry;
	char name[32];
	DIR *dir;

	dir = opendir(proc_root());
	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    read_value(name, sizeof(name), "%s/%s/comm", proc_root(), entry->d_name))
			continue;
		if (is_server(name))
			add_sockets_of(sockets, entry->d_name, name);
	}
	if (dir)
		closedir(dir);
}

static const char *server_of(const struct sockets *sockets, unsigned long inode)
{
	size_t i;

	for (i = 0; i < sockets->n; i++)
		if (sockets->inodes[i] == inode)
			return sockets->servers[i];
	return NULL;
}

/* The kernel prints an address as 32-bit numbers in the machine's byte order. */
static void parse_hex(struct address *address, const char *hex)
{
	size_t words = strlen(hex) / 8;
	__u32 word;
	size_t i;

	address->family = words == 1 ? AF_INET : words == 4 ? AF_INET6 : 0;
	for (i = 0; i < words && address->family; i++) {
		if (sscanf(hex + 8 * i, "%8x", &word) != 1)
			address->family = 0;
		memcpy(address->bytes + 4 * i, &word, 4);
	}
}

static bool line_uses_port(const struct l3 *port, const struct sockets *sockets, const char *line,
			   char *who, size_t size)
{
	char from[33], to[33], text[INET6_ADDRSTRLEN] = "";
	struct address local, remote;
	unsigned long inode;
	unsigned int state;
	const char *server;

	if (sscanf(line, "%*d: %32[0-9A-F]:%*x %32[0-9A-F]:%*x %x %*s %*s %*s %*s %*s %lu",
		   to, from, &state, &inode) != 4 || state != TCP_STATE_ESTABLISHED)
		return false;
	server = server_of(sockets, inode);
	if (!server)
		return false;
	parse_hex(&local, to);
	parse_hex(&remote, from);
	if (!uses_port(port, &local, &remote))
		return false;
	inet_ntop(remote.family, remote.bytes, text, sizeof(text));
	snprintf(who, size, "a login session (%s) from %s", server, text);
	return true;
}

static bool table_uses_port(const struct l3 *port, const struct sockets *sockets,
			    const char *table, char *who, size_t size)
{
	char path[PATH_MAX], line[512];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/net/%s", proc_root(), table);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = line_uses_port(port, sockets, line, who, size);
	if (file)
		fclose(file);
	return found;
}

/* A connected UDP socket (mosh) is "established" too. */
static bool server_session(const struct l3 *port, char *who, size_t size)
{
	static const char *const tables[] = { "tcp", "tcp6", "udp", "udp6" };
	struct sockets sockets = { };
	bool found = false;
	size_t i;

	find_sockets(&sockets);
	for (i = 0; i < ARRAY_SIZE(tables) && !found; i++)
		found = table_uses_port(port, &sockets, tables[i], who, size);
	free(sockets.inodes);
	free(sockets.servers);
	return found;
}

/* --- Who is logged in ------------------------------------------------------------------------ */

static bool entry_uses_port(const struct l3 *port, const struct utmpx *entry)
{
	struct address remote = { .family = AF_INET6 }, local = { };
	static const __s32 none[4];

	if (entry->ut_type != USER_PROCESS || !memcmp(entry->ut_addr_v6, none, sizeof(none)) ||
	    (kill(entry->ut_pid, 0) < 0 && errno == ESRCH))
		return false;
	memcpy(remote.bytes, entry->ut_addr_v6, sizeof(remote.bytes));
	if (!memcmp(entry->ut_addr_v6 + 1, none, 3 * sizeof(*none)))
		remote.family = AF_INET;
	return uses_port(port, &local, &remote);
}

static bool listed_session(const struct l3 *port, char *who, size_t size)
{
	const struct utmpx *entry;
	bool found = false;

	setutxent();
	while (!found && (entry = getutxent())) {
		found = entry_uses_port(port, entry);
		if (found)
			snprintf(who, size, "the login session of %.*s from %.*s",
				 (int)sizeof(entry->ut_user), entry->ut_user,
				 (int)sizeof(entry->ut_host), entry->ut_host);
	}
	endutxent();
	return found;
}

/**
 * login_through - find a login session that runs over a port
 * @port: the port's addresses
 * @who: gets a description of the session
 * @size: of @who
 *
 * Return: whether there is one
 */
bool login_through(const struct l3 *port, char *who, size_t size)
{
	return own_session(port, who, size) || server_session(port, who, size) ||
	       listed_session(port, who, size);
}
