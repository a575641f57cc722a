#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The reader's merge on buffers in memory (merge.c), with the address sanitizer.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$here/../../userspace
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

cc -std=gnu11 -D_GNU_SOURCE -DSOFTTAP_VERSION='"test"' -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror -iquote "$source" -I"$here/../../uapi" -o "$build/merge" \
	"$here/merge.c" "$source/merge.c" "$source/pcapng.c" "$source/relay.c" \
	"$source/message.c" "$source/sysfs.c"
"$build/merge"
