/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FINDINGS_H
#define SOFTTAP_FINDINGS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#define FINDING_TEXT	1024	/* bytes; a command that switches all offloads off is long */

/**
 * enum finding_weight - what a finding means for a link
 * @FINDING_NOTE: good to know
 * @FINDING_BUT: the pair of ports is transparent but for this: frames wait, or may be lost
 * @FINDING_FAULT: frames are changed, swallowed, added or reordered
 */
enum finding_weight {
	FINDING_NOTE,
	FINDING_BUT,
	FINDING_FAULT,
};

/**
 * struct finding - something that a frame would meet
 * @ifname: the port
 * @topic: in a word or two
 * @weight: what it means
 * @up: softtap up takes care of it
 * @found: what is there
 * @effect: what that does to a link
 * @remedy: a command that would change it, or empty
 */
struct finding {
	char ifname[IF_NAMESIZE];
	const char *topic;
	enum finding_weight weight;
	bool up;
	char found[FINDING_TEXT];
	const char *effect;
	char remedy[FINDING_TEXT];
};

/**
 * struct findings - what was found
 * @list: of it, in the order of a frame's way
 * @n: how many
 */
struct findings {
	struct finding *list;
	size_t n;
};

int findings_of_port(struct findings *findings, const char *ifname);
int findings_of_pair(struct findings *findings, const char *a, const char *b);
void findings_free(struct findings *findings);

#endif /* SOFTTAP_FINDINGS_H */
