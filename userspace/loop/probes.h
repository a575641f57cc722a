/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PROBES_H
#define SOFTTAP_PROBES_H

#include <linux/if_ether.h>
#include <stdbool.h>
#include <stddef.h>

#define PROBE_LABEL	48	/* bytes */
#define PROBE_LONGEST	9018U	/* bytes without FCS: a jumbo frame's 9000 in a VLAN */
#define PROBE_BUFFER	16384	/* bytes, more than any frame has */
#define PROBE_TRIALS	256	/* as many can be told apart by their frames' numbers */

/**
 * enum probe_group - what is asked with a frame
 * @PROBE_MARK: nothing: a plain frame tells that those before it have passed
 * @PROBE_LENGTH: lengths that a link's frames have
 * @PROBE_RESERVED: the sixteen addresses that no bridge forwards (IEEE Std 802.1Q, table 8-1)
 * @PROBE_CONTROL: MAC control frames (IEEE Std 802.3, clause 31)
 * @PROBE_VLAN: tags
 * @PROBE_TYPE: EtherTypes and lengths in their place
 * @PROBE_ADDRESS: addresses that no frame should have, or that are the ports' own
 * @PROBE_PROTOCOL: what cards, drivers and firmware know
 * @PROBE_CHECKSUM: checksums, right and wrong ones
 * @PROBE_SHORT: shorter than a wire's shortest
 * @PROBE_LONG: longer than the receiving port's MTU allows
 * @PROBE_BROKEN: an FCS of the sender's own, right or wrong
 */
enum probe_group {
	PROBE_MARK,
	PROBE_LENGTH,
	PROBE_RESERVED,
	PROBE_CONTROL,
	PROBE_VLAN,
	PROBE_TYPE,
	PROBE_ADDRESS,
	PROBE_PROTOCOL,
	PROBE_CHECKSUM,
	PROBE_SHORT,
	PROBE_LONG,
	PROBE_BROKEN,
	N_PROBE_GROUPS
};

/**
 * struct probe - a frame to be sent
 * @group: why
 * @label: what is special in it
 * @no_fcs: @bytes end in an FCS
 * @len: bytes
 * @bytes: of it
 */
struct probe {
	enum probe_group group;
	char label[PROBE_LABEL];
	bool no_fcs;
	size_t len;
	unsigned char *bytes;
};

/**
 * struct probes - the frames of a trial
 * @list: in the order in which they are sent
 * @n: how many
 * @since_mark: bytes since the last one of %PROBE_MARK
 * @trial: which trial: a frame that is late is not taken for one of the next
 * @addresses: of the port that sends, and of the one that receives
 * @err: why there are fewer than there should be, or 0
 */
struct probes {
	struct probe *list;
	size_t n;
	size_t since_mark;
	unsigned int trial;
	unsigned char addresses[2][ETH_ALEN];
	int err;
};

int probes_add_usual(struct probes *probes, unsigned int mtu);
int probes_add_short(struct probes *probes);
int probes_add_long(struct probes *probes, unsigned int mtu);
int probes_add_broken(struct probes *probes, unsigned int mtu);
int probes_add_marks(struct probes *probes, size_t n, size_t len);
void probes_free(struct probes *probes);

long probes_find(const struct probes *probes, const unsigned char *frame, size_t len);
__u32 probes_fcs(const unsigned char *frame, size_t len);
const char *probe_group_name(enum probe_group group);
bool probe_group_is_range(enum probe_group group);

#endif /* SOFTTAP_PROBES_H */
