# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# For tests in C of parts of the command, with the address sanitizer.

# unit NAME SOURCE… - builds tests/unit/NAME.c with these sources, and runs it
unit() {
	here=$(cd "$(dirname "$0")" && pwd)
	source=$here/../../userspace
	build=$(mktemp -d)
	trap 'rm -rf "$build"' EXIT
	test=$here/$1.c
	shift
	for file; do
		set -- "$@" "$source/$file"
		shift
	done
	cc -std=gnu11 -D_GNU_SOURCE -DSOFTTAP_VERSION='"test"' -O1 -g \
		-fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror \
		-iquote "$source" -I"$here/../../uapi" -o "$build/test" "$test" "$@"
	"$build/test"
}
