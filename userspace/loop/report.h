/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_LOOP_REPORT_H
#define SOFTTAP_LOOP_REPORT_H

#include "host/findings.h"
#include "loop/trial.h"

#define LOOP_BURSTS	2	/* of short frames, of long ones */

/**
 * struct loop_row - what the ports do to frames of one kind
 * @group: what was tried
 * @frames: with which of them: "60 to 1514", "VLAN 0", or all of the group if empty
 * @n: how many
 * @text: what became of them from a to b, and from b to a
 * @weight: what that means for a link
 */
struct loop_row {
	const char *group;
	char *frames;
	size_t n;
	char text[2][OUTCOME_TEXT];
	enum finding_weight weight;
};

/**
 * struct loop_report - what a pair of ports does to frames; what is twice is from a to b, b to a
 * @rows: of the table
 * @n: how many
 * @bursts: figures
 * @delays: figures
 * @foreign: frames that somebody else sent
 */
struct loop_report {
	struct loop_row *rows;
	size_t n;
	struct burst bursts[2][LOOP_BURSTS];
	struct delays delays[2];
	size_t foreign[2];
};

int loop_report_trial(struct loop_report *report, const struct trial trials[2]);
int loop_report_burst(struct loop_report *report, unsigned int which);
int loop_report_delays(struct loop_report *report);
int loop_report_pauses(struct loop_report *report, const bool pauses[2]);
void loop_report_free(struct loop_report *report);

#endif /* SOFTTAP_LOOP_REPORT_H */
