/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_JOURNAL_H
#define SOFTTAP_JOURNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "reader/merge.h"
#include "reader/sorting.h"
#include "store/storage.h"
#include "tap/relay.h"

/**
 * struct file_account - what the reader of a tap knows of the file that it writes
 * @offset: ns between the monotonic clock and the file's
 * @shift: ns by which records' times are moved there
 * @start: time from which on it has what passed, ns, by the file's clock
 * @disorder: ns by which a record may be older than one before it, 0 in the order of time
 * @last: with times of the cards, the last record there
 * @ports: what is in the file
 */
struct file_account {
	__s64 offset;
	__s64 shift;
	__u64 start;
	__u64 disorder;
	struct sort_key last;
	struct port_account ports[SOFTTAP_PORTS];
};

/**
 * struct unfinished - the file of a reader that did not come to its end
 * @present: there is one, and it may be believed
 * @device: of its file system
 * @inode: of the file
 * @account: up to its end
 * @fault: why no reader can go on in it, NULL when one can
 */
struct unfinished {
	bool present;
	dev_t device;
	ino_t inode;
	struct file_account account;
	const char *fault;
};

int journal_note(const struct relay *relay, struct storage *storage,
		 const struct file_account *account);
int journal_finish(const struct relay *relay);
void journal_look(const struct relay *relay, struct unfinished *unfinished);
void journal_take_up(struct relay *relay, struct sorting *sorting, struct unfinished *unfinished);
bool journal_means(const struct unfinished *unfinished, const char *path);

#endif /* SOFTTAP_JOURNAL_H */
