# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests that need the module built another way than it is by default.

# build_variant NAME FLAG… - for `prepare`: NAME.ko, for the machine's kernel, with flags of the
# compiler
build_variant() {
	local name=$1 image options
	shift
	read -ra options <<<"${SOFTTAP_MACHINE#*--kernel }"
	image=$("${tests:?set by test.sh}/../scripts/vm-image" "${options[0]}")
	KVER=$(<"$image/release") KDIR=$(<"$image/kdir") BUILD=build/$name-${options[0]} \
		KCFLAGS=$* "$tests/../scripts/build-module" >"$name.log" 2>&1 </dev/null ||
		{ diag "$(<"$name.log")"; return 1; }
	cp "$tests/../build/$name-${options[0]}/softtap.ko" "$name.ko"
}
