#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 3
# Covers: tests/unit/pipe.c userspace/store/pipe.[ch] userspace/store/storage.[ch]
# Covers: userspace/pcapng/write.[ch] userspace/lib/message.[ch]
#
# What is in a pipe is whole blocks at any time (pipe.c, storage.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit pipe store/pipe.c store/storage.c pcapng/write.c lib/clock.c lib/message.c
