// SPDX-License-Identifier: GPL-2.0
/* A table of what a pair of ports does to frames: those of a kind that fared alike are one row. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/report.h"
#include "lib/numbers.h"

#define ROWS_OF_RANGE	12	/* more, and it is told more roughly */
#define LISTED		60	/* bytes of frames that are listed of many */
#define WAITS		(2 * NS_PER_MS)	/* longer than any interrupt is put off */

/**
 * enum folding - which frames become one row, where they are called by their length
 * @FOLD_ALIKE: those that follow each other and fared alike
 * @FOLD_ROUGHLY: the same, but for figures
 * @FOLD_SCATTERED: also those that do not follow each other
 */
enum folding { FOLD_ALIKE, FOLD_ROUGHLY, FOLD_SCATTERED };

/* --- What it means for a link ----------------------------------------------------------------- */

/* Frames of other kinds may be of several flows, for which there may be several queues. */
static enum finding_weight weight_of_order(enum probe_group group)
{
	return group == PROBE_MARK || group == PROBE_LENGTH ? FINDING_FAULT : FINDING_BUT;
}

/* Frames that no link has, or only a card that lets broken ones through could show. */
static enum finding_weight weight_of(const struct trial *trial, size_t i)
{
	const struct outcome *outcome = &trial->outcomes[i];

	if (outcome->copies > 1 || outcome->back)
		return FINDING_FAULT;
	if (outcome->fate == FATE_UNCHANGED)
		return outcome->late ? weight_of_order(trial->probes->list[i].group) : FINDING_NOTE;
	switch (trial->probes->list[i].group) {
	case PROBE_LONG:
		return outcome->copies ? FINDING_FAULT : FINDING_NOTE;
	case PROBE_SHORT:
	case PROBE_BROKEN:
		return trial->fcs && outcome->fate != FATE_REFUSED ? FINDING_BUT : FINDING_NOTE;
	default:
		return FINDING_FAULT;
	}
}

/* --- Rows ------------------------------------------------------------------------------------- */

static struct loop_row *add_row(struct loop_report *report, const char *group, const char *frames)
{
	struct loop_row *rows = realloc(report->rows, (report->n + 1) * sizeof(*rows));
	char *copy = strdup(frames);

	if (rows)
		report->rows = rows;
	if (!rows || !copy) {
		free(copy);
		return NULL;
	}
	rows[report->n] = (struct loop_row){ .group = group, .frames = copy };
	return &rows[report->n++];
}

static void text_of(char text[OUTCOME_TEXT], const struct outcome *outcome, enum folding folding)
{
	bool rough = folding != FOLD_ALIKE;

	outcome_text(text, outcome);
	if (rough && (outcome->fate == FATE_PADDED || outcome->fate == FATE_CUT))
		text[strcspn(text, " ")] = '\0';
	else if (rough && outcome->fate == FATE_CHANGED)
		snprintf(text, OUTCOME_TEXT, "changed");
}

static bool fits(const struct loop_row *row, const struct trial trials[2], size_t i,
		 enum folding folding)
{
	char text[OUTCOME_TEXT];
	int way;

	for (way = 0; way < 2; way++) {
		text_of(text, &trials[way].outcomes[i], folding);
		if (strcmp(text, row->text[way]))
			return false;
	}
	return true;
}

static int start_row(struct loop_report *report, const struct trial trials[2], size_t i,
		     enum folding folding)
{
	const struct probe *probe = &trials[0].probes->list[i];
	struct loop_row *row = add_row(report, probe_group_name(probe->group), probe->label);
	int way;

	if (!row)
		return -ENOMEM;
	for (way = 0; way < 2; way++) {
		enum finding_weight weight = weight_of(&trials[way], i);

		text_of(row->text[way], &trials[way].outcomes[i], folding);
		if (weight > row->weight)
			row->weight = weight;
	}
	row->n = 1;
	return 0;
}

static bool is_range(enum probe_group group, enum folding folding)
{
	return probe_group_is_range(group) && folding != FOLD_SCATTERED;
}

/*
 * "60", or "60 to 1514", becomes "60 to 1515"; "LLDP" becomes "LLDP, CDP", and "60, 110" of many
 * "60, 110..." in the end.
 */
static int grow_row(struct loop_row *row, const struct probe *probe, enum folding folding)
{
	bool range = is_range(probe->group, folding);
	bool full = folding == FOLD_SCATTERED && strlen(row->frames) > LISTED;
	char *end = range ? strstr(row->frames, " to ") : NULL;
	char *frames;

	row->n++;
	if (full && row->frames[strlen(row->frames) - 1] == '.')
		return 0;
	if (end)
		*end = '\0';
	if (asprintf(&frames, "%s%s%s", row->frames, full ? "..." : range ? " to " : ", ",
		     full ? "" : probe->label) < 0)
		return -ENOMEM;
	free(row->frames);
	row->frames = frames;
	return 0;
}

static struct loop_row *find_row(struct loop_report *report, size_t first,
				 const struct trial trials[2], size_t i, enum folding folding)
{
	bool range = is_range(trials[0].probes->list[i].group, folding);
	size_t row = range && report->n > first ? report->n - 1 : first;

	for (; row < report->n; row++)
		if (fits(&report->rows[row], trials, i, folding))
			return &report->rows[row];
	return NULL;
}

static int fold(struct loop_report *report, size_t first, const struct trial trials[2],
		enum probe_group group, enum folding folding)
{
	const struct probes *probes = trials[0].probes;
	int err = 0;
	size_t i;

	for (i = 0; i < probes->n && !err; i++) {
		struct loop_row *row;

		if (probes->list[i].group != group)
			continue;
		row = find_row(report, first, trials, i, folding);
		err = row ? grow_row(row, &probes->list[i], folding) :
			    start_row(report, trials, i, folding);
	}
	return err;
}

static void drop_rows(struct loop_report *report, size_t first)
{
	while (report->n > first)
		free(report->rows[--report->n].frames);
}

/* All of a group, but for those of a range, need not be listed, and neither all but a few. */
static void shorten(struct loop_report *report, size_t first, bool range)
{
	size_t row;

	for (row = first; row < report->n; row++) {
		struct loop_row *last = &report->rows[row];

		if (range || last->n == 1 || last->weight != FINDING_NOTE)
			continue;
		if (report->n == first + 1)
			*last->frames = '\0';
		else if (last->n > 3)
			snprintf(last->frames, strlen(last->frames) + 1, "others");
	}
}

static int report_group(struct loop_report *report, const struct trial trials[2],
			enum probe_group group)
{
	enum folding folding = FOLD_ALIKE;
	size_t first = report->n;
	int err = fold(report, first, trials, group, folding);

	while (!err && report->n - first > ROWS_OF_RANGE && folding < FOLD_SCATTERED) {
		drop_rows(report, first);
		err = fold(report, first, trials, group, ++folding);
	}
	shorten(report, first, is_range(group, folding));
	/* Each trial has them. */
	if (group == PROBE_MARK && first && report->rows[first].weight == FINDING_NOTE)
		drop_rows(report, first);
	return err;
}

/**
 * loop_report_trial - add what became of a trial's frames
 * @report: to this
 * @trials: from a to b, and from b to a
 *
 * Return: 0 or -ENOMEM
 */
int loop_report_trial(struct loop_report *report, const struct trial trials[2])
{
	int group, err = 0;

	for (group = 0; group < N_PROBE_GROUPS && !err; group++)
		err = report_group(report, trials, group);
	report->foreign[0] += trials[0].foreign;
	report->foreign[1] += trials[1].foreign;
	return err;
}

static enum finding_weight burst_weight(char text[OUTCOME_TEXT], const struct burst *burst)
{
	unsigned int lost = burst->frames - burst->arrived;

	if (burst->late || burst->twice) {
		snprintf(text, OUTCOME_TEXT, burst->late ? "overtaken" : "twice");
		return FINDING_FAULT;
	}
	if (lost > burst->missed) {
		snprintf(text, OUTCOME_TEXT, "lost");
		return FINDING_BUT;
	}
	snprintf(text, OUTCOME_TEXT, lost ? "unknown" : "in order");
	return lost ? FINDING_BUT : FINDING_NOTE;
}

static int report_both(struct loop_report *report, const char *group, const char *frames, size_t n,
		       char texts[2][OUTCOME_TEXT], const enum finding_weight weights[2])
{
	struct loop_row *row = add_row(report, group, frames);

	if (!row)
		return -ENOMEM;
	row->n = n;
	memcpy(row->text, texts, sizeof(row->text));
	row->weight = weights[0] > weights[1] ? weights[0] : weights[1];
	return 0;
}

/**
 * loop_report_burst - add what became of many frames at once
 * @report: with the figures
 * @which: of the bursts
 *
 * Return: 0 or -ENOMEM
 */
int loop_report_burst(struct loop_report *report, unsigned int which)
{
	enum finding_weight weights[2];
	char texts[2][OUTCOME_TEXT], frames[32];
	int way;

	for (way = 0; way < 2; way++)
		weights[way] = burst_weight(texts[way], &report->bursts[way][which]);
	snprintf(frames, sizeof(frames), "%u of %u", report->bursts[0][which].frames,
		 report->bursts[0][which].len);
	return report_both(report, "at once", frames, report->bursts[0][which].frames, texts,
			   weights);
}

/**
 * loop_report_delays - add how long a frame waits on a quiet line
 * @report: with the figures
 *
 * Return: 0 or -ENOMEM
 */
int loop_report_delays(struct loop_report *report)
{
	enum finding_weight weights[2];
	char texts[2][OUTCOME_TEXT];
	int way;

	for (way = 0; way < 2; way++) {
		bool waits = report->delays[way].median > WAITS;

		snprintf(texts[way], OUTCOME_TEXT, waits ? "waits" : "at once");
		weights[way] = waits ? FINDING_BUT : FINDING_NOTE;
	}
	return report_both(report, "one alone", "", report->delays[0].frames, texts, weights);
}

/**
 * loop_report_pauses - add what a port does that is told to be silent
 * @report: to this
 * @pauses: does b stop when a tells it to, and a when b does
 *
 * Return: 0 or -ENOMEM
 */
int loop_report_pauses(struct loop_report *report, const bool pauses[2])
{
	enum finding_weight weights[2];
	char texts[2][OUTCOME_TEXT];
	int way;

	for (way = 0; way < 2; way++) {
		snprintf(texts[way], OUTCOME_TEXT, pauses[way] ? "obeyed" : "goes on sending");
		weights[way] = pauses[way] ? FINDING_FAULT : FINDING_NOTE;
	}
	return report_both(report, "flow control", "", 1, texts, weights);
}

/**
 * loop_report_free - free what is in it
 * @report: all of it
 */
void loop_report_free(struct loop_report *report)
{
	drop_rows(report, 0);
	free(report->rows);
	*report = (struct loop_report){ };
}
