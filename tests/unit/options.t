#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/unit/options.c userspace/lib/options.[ch] userspace/lib/numbers.[ch]
# Covers: userspace/lib/message.[ch] userspace/lib/status.h
#
# The tables of options: what is parsed by them, what is refused and in which words, and the help that
# is made of them; and the numbers that options take.
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit options lib/options.c lib/numbers.c lib/message.c
