#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/steps.c userspace/lib/clock.[ch] userspace/capture/file_clock.[ch]
# Covers: userspace/capture/restamp.[ch]
#
# Steps of the wall clock, and records that get the times of a file (steps.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit steps lib/clock.c capture/file_clock.c capture/restamp.c capture/pcapng.c
