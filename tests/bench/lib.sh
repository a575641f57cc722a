# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What run and profile share: the programs, the module as it is now, and what the
# figures depend on. Sourced; sets top, here, work and kernel.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$top/tests/bench
# shellcheck disable=SC2034 # the variables are for who sources this
work=$top/build/bench kernel=6.1

build_tool() {
	${CC:-gcc} -O2 -Wall -Wextra -Werror "$@"
}

build_tools() {
	mkdir -p "$work"
	build_tool -o "$work/inject" "$here/inject.c"
	build_tool -o "$work/redirect" "$here/redirect.c"
}

# The module is built once and kept, so that all machines measure the same one,
# whatever is edited meanwhile. Sets release.
build_module() {
	local image
	image=$("$top/scripts/vm-image" "$kernel")
	release=$(<"$image/release")
	make -C "$top" --no-print-directory module KVER="$release" KDIR="$(<"$image/kdir")" \
		BUILD="build/$release" >"$work/build.log" 2>&1 </dev/null || {
		cat "$work/build.log" >&2
		return 1
	}
	export SOFTTAP_BENCH_KO=$work/softtap-$kernel.ko
	cp "$top/build/$release/softtap.ko" "$SOFTTAP_BENCH_KO"
}

# The commit of what the module is made of.
revision() {
	git -C "$top" log -1 --format=%h -- kmod uapi Kbuild
	git -C "$top" diff --quiet HEAD -- kmod uapi Kbuild || echo "and changes"
}

# What the figures depend on, as lines "about", what, value.
describe() {
	printf 'about\tkernel package\t%s\n' \
		"$(dpkg-query -W -f '${Package} ${Version}' "linux-image-$release" 2>/dev/null || echo "$release")"
	printf 'about\tsofttap\tcommit %s\n' "$(revision 2>/dev/null | paste -s -d ' ' || echo unknown)"
	printf 'about\tcompiler of softtap\t%s\n' "$(${CC:-gcc} --version | head -n 1)"
	printf 'about\temulator\t%s\n' "$(qemu-system-x86_64 --version | head -n 1)"
}

# Runs a command in a machine whose clock counts instructions. Ten minutes are
# several times what any of them takes.
machine() {
	"$top/scripts/vm" --kernel "$kernel" --icount --no-build --timeout 600 "$@" </dev/null
}
