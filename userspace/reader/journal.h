/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_JOURNAL_H
#define SOFTTAP_JOURNAL_H

#include "reader/merge.h"
#include "store/storage.h"
#include "tap/relay.h"

int journal_note(const struct relay *relay, const struct storage *storage, __s64 shift);
void journal_take_up(struct relay *relay);

#endif /* SOFTTAP_JOURNAL_H */
