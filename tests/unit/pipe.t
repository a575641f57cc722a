#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seconds: 3
# Covers: tests/unit/pipe.c userspace/capture/pipe.[ch] userspace/capture/storage.[ch]
# Covers: userspace/capture/pcapng.[ch] userspace/lib/message.[ch]
#
# What is in a pipe is whole blocks at any time (pipe.c, storage.c).
set -eu

# shellcheck source=tests/lib/unit.sh
. "$(dirname "$0")/../lib/unit.sh"

unit pipe capture/pipe.c capture/storage.c capture/pcapng.c lib/message.c
