#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/steps.c userspace/lib/clock.[ch]
#
# Steps of the wall clock (steps.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit steps lib/clock.c
