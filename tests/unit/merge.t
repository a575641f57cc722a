#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/merge.c userspace/capture/merge.[ch]
#
# The reader's merge on buffers in memory (merge.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit merge capture/merge.c capture/pcapng.c capture/relay.c lib/clock.c lib/message.c lib/sysfs.c
