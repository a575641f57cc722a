#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/merge.c userspace/reader/merge.[ch]
#
# The reader's merge on buffers in memory (merge.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit merge reader/merge.c pcapng/write.c tap/relay.c tap/counters.c lib/clock.c lib/message.c lib/paths.c lib/sysfs.c
