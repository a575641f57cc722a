/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_TRIAL_H
#define SOFTTAP_TRIAL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "loop/end.h"
#include "loop/probes.h"

#define OUTCOME_TEXT	64	/* bytes */
#define TRIAL_DELAYS	21	/* frames that trial_delays() sends at most */

/**
 * enum fate - what became of a frame
 * @FATE_LOST: it did not arrive
 * @FATE_REFUSED: it could not be sent
 * @FATE_UNCHANGED: it arrived as it was
 * @FATE_PADDED: with zeros behind it
 * @FATE_CUT: without its end
 * @FATE_UNTAGGED: without its outer VLAN tag
 * @FATE_MENDED: with another FCS, which is right
 * @FATE_CHANGED: otherwise
 */
enum fate {
	FATE_LOST,
	FATE_REFUSED,
	FATE_UNCHANGED,
	FATE_PADDED,
	FATE_CUT,
	FATE_UNTAGGED,
	FATE_MENDED,
	FATE_CHANGED,
};

/**
 * struct outcome - what became of a frame
 * @fate: in a word
 * @detail: bytes that arrived, the first one that is another, or the errno for which it was refused
 * @copies: how many arrived
 * @late: one behind it was faster
 * @back: it came back to the port that it left
 */
struct outcome {
	enum fate fate;
	size_t detail;
	unsigned int copies;
	bool late;
	bool back;
};

/**
 * struct trial - frames on their way from one port to the other
 * @from: the port that sends
 * @to: the port that receives
 * @fcs: frames are received with their FCS
 * @probes: what is sent
 * @outcomes: what became of each
 * @foreign: frames that somebody else sent
 * @highest: the last in their list of those that arrived
 */
struct trial {
	struct loop_end *from;
	struct loop_end *to;
	bool fcs;
	const struct probes *probes;
	struct outcome *outcomes;
	size_t foreign;
	long highest;
};

/**
 * struct burst - many frames at once
 * @frames: sent
 * @len: bytes of each
 * @arrived: at the other end
 * @missed: arrived, but were not looked at
 * @late: overtaken
 * @twice: arrived more than once
 * @ns: from the first that left until the last that arrived
 */
struct burst {
	unsigned int frames;
	unsigned int len;
	unsigned int arrived;
	unsigned int missed;
	unsigned int late;
	unsigned int twice;
	__u64 ns;
};

/**
 * struct delays - from when a frame is sent until it is received, on a quiet line
 * @frames: arrived
 * @median: ns
 * @longest: ns
 */
struct delays {
	unsigned int frames;
	__u64 median;
	__u64 longest;
};

int trial_run(struct trial *trial);
void trial_free(struct trial *trial);
bool trial_connected(struct trial *trial);
int trial_burst(struct trial *trial, struct burst *burst);
int trial_delays(struct trial *trial, struct delays *delays);
bool trial_pauses(struct trial *trial, const struct delays *back, __u64 pause);

bool outcome_is_plain(const struct outcome *outcome);
void outcome_text(char text[OUTCOME_TEXT], const struct outcome *outcome);

#endif /* SOFTTAP_TRIAL_H */
