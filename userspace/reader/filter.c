// SPDX-License-Identifier: GPL-2.0
/*
 * Filter expressions, compiled by libpcap for frames as the kernel sees them.
 *
 * There the outer VLAN tag is not in the frame but beside it, and libpcap looks for it there only
 * on behalf of an interface that it has opened. An expression with `vlan' is therefore compiled for
 * the loopback of a network namespace that is made for it: no interface of this machine is
 * opened, and no privilege is needed where users may have namespaces.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reader/filter.h"
#include "lib/message.h"

#define SNAPLEN		262144		/* as tcpdump's */
#define STACK_BYTES	1048576

/**
 * struct loopback - an opened loopback interface
 * @pcap: the interface, or NULL
 * @error: why there is none
 */
struct loopback {
	pcap_t *pcap;
	char error[PCAP_ERRBUF_SIZE];
};

static int set_up(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	err = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Runs as a process in a namespace of its own, which lasts as long as the interface is open. */
static int open_loopback(void *argument)
{
	struct loopback *loopback = argument;
	pcap_t *pcap;
	int status;

	if (set_up("lo")) {
		strncpy(loopback->error, strerror(errno), sizeof(loopback->error) - 1);
		return 0;
	}
	pcap = pcap_create("lo", loopback->error);
	if (!pcap)
		return 0;
	pcap_set_snaplen(pcap, SNAPLEN);
	status = pcap_activate(pcap);
	if (status < 0) {
		strncpy(loopback->error, pcap_statustostr(status), sizeof(loopback->error) - 1);
		pcap_close(pcap);
		return 0;
	}
	loopback->pcap = pcap;
	return 0;
}

/* Memory and open files are shared, so what is opened there is ours. This process waits for it. */
static int run_in_namespace(int namespaces, void *stack, struct loopback *loopback)
{
	int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | namespaces | SIGCHLD;
	pid_t child = clone(open_loopback, (char *)stack + STACK_BYTES, flags, loopback);

	return child < 0 ? -1 : waitpid(child, NULL, 0);
}

/* Return: an interface like that of a port, or NULL with a message. */
static pcap_t *own_loopback(void)
{
	struct loopback loopback = { };
	void *stack = malloc(STACK_BYTES);

	if (!stack) {
		msg_error("out of memory");
		return NULL;
	}
	if (run_in_namespace(CLONE_NEWNET, stack, &loopback) < 0 &&
	    run_in_namespace(CLONE_NEWNET | CLONE_NEWUSER, stack, &loopback) < 0)
		strncpy(loopback.error, strerror(errno), sizeof(loopback.error) - 1);
	free(stack);
	if (!loopback.pcap)
		msg_error("`vlan' in a filter needs a network namespace, as root can make: %s",
			  loopback.error);
	return loopback.pcap;
}

static pcap_t *no_interface(void)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);

	if (!pcap)
		msg_error("out of memory");
	return pcap;
}

/**
 * filter_compile - compile a filter expression
 * @program: filled; pcap_freecode() frees it
 * @expression: as in pcap-filter(7)
 *
 * Says on standard error what is wrong.
 *
 * Return: 0 or -1.
 */
int filter_compile(struct bpf_program *program, const char *expression)
{
	pcap_t *pcap = strstr(expression, "vlan") ? own_loopback() : no_interface();
	int err;

	if (!pcap)
		return -1;
	err = pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN);
	if (err)
		msg_error("filter `%s': %s", expression, pcap_geterr(pcap));
	pcap_close(pcap);
	return err;
}

/**
 * filter_join - make one expression of the words of a command line
 * @words: up to a NULL
 *
 * Return: the words with spaces between, to be freed; NULL without memory.
 */
char *filter_join(char **words)
{
	size_t length = 1;
	char *joined;
	int i;

	for (i = 0; words[i]; i++)
		length += strlen(words[i]) + 1;
	joined = calloc(1, length);
	for (i = 0; joined && words[i]; i++) {
		if (i)
			strcat(joined, " ");
		strcat(joined, words[i]);
	}
	return joined;
}

/**
 * filter_refused - say why the module did not take a program
 * @tap: whose reader wanted it; errno is the module's answer
 */
void filter_refused(const char *tap)
{
	if (errno == E2BIG)
		msg_error("%s: the filter would delay frames too long: use a shorter one", tap);
	else
		msg_error("%s: the kernel does not take the filter: %s", tap, strerror(errno));
}
