#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/steps.c userspace/lib/clock.[ch] userspace/reader/file_clock.[ch]
# Covers: userspace/reader/restamp.[ch]
#
# Steps of the wall clock, and records that get the times of a file (steps.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit steps lib/clock.c reader/file_clock.c reader/restamp.c pcapng/write.c
