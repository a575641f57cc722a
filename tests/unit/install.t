#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: scripts/install scripts/build-module userspace/Makefile
#
# make install into a staging directory: each file where it belongs, with its mode, and nothing
# else. Needs neither root nor the module loaded.
set -euo pipefail

# modinfo is not on everybody's.
PATH=$PATH:/usr/sbin:/sbin
tests=$(cd "$(dirname "$0")/.." && pwd)
top=$tests/..

. "$tests/lib/tap.sh"

# A kernel that the module is built for.
release() {
	local build
	for build in /lib/modules/6.1.*-amd64/build; do
		[ ! -e "$build/Makefile" ] || basename "${build%/build}"
	done | grep -v -e -cloud- -e -rt- | sort -V | tail -n 1
}

KVER=$(release)
export KVER
[ "${SOFTTAP_BUILT:-}" ] || make -s -C "$top" BUILD="build/$KVER" all >&2 </dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is in a directory: mode and path.
installed() {
	(cd "$1" && find . -type f -printf '%m %P\n' | sort -k 2)
}

expected() {
	cat <<END
644 lib/modules/$KVER/extra/softtap.ko
644 $1/lib/udev/rules.d/60-softtap.rules
755 $1/sbin/softtap
644 $1/share/man/man4/softtap.4
644 $1/share/man/man8/softtap.8
END
}

main() {
	ok 'installs' env DESTDIR="$work/a" "$top/scripts/install"
	is 'what belongs there' "$(installed "$work/a")" "$(expected usr/local)"
	ok 'with another prefix' env DESTDIR="$work/b" PREFIX=/opt/softtap "$top/scripts/install"
	is 'there' "$(installed "$work/b")" "$(expected opt/softtap)"
	ok 'the command runs' "$work/b/opt/softtap/sbin/softtap" --help
	ok 'the module is that kernel'\''s' test \
		"$(modinfo -F vermagic "$work/b/lib/modules/$KVER/extra/softtap.ko" | cut -d ' ' -f 1)" = "$KVER"
}

main | number
