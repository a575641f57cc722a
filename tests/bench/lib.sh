# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What cost, profile and chain share: the programs, the module as it is now, and
# what the figures depend on. Sourced; sets top, here, work and kernel.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$top/tests/bench
# shellcheck disable=SC2034 # the variables are for who sources this
work=$top/build/bench kernel=6.1

# What most of the bench's commands take: --kernel V, --help and alternatives, if not all.
# shellcheck disable=SC2034 # the variables are for who sources this
parse_alternatives() {
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel) kernel=${2:?}; shift ;;
		-h | --help) usage; exit 0 ;;
		--*) die "unknown option $1 (see --help)" ;;
		*) break ;;
		esac
		shift
	done
	[ $# -eq 0 ] || { alternatives=$*; save=''; }
}

build_tool() {
	${CC:-gcc} -O2 -Wall -Wextra -Werror "$@"
}

build_tools() {
	mkdir -p "$work"
	build_tool -o "$work/inject" "$here/inject.c"
	build_tool -o "$work/redirect" "$here/redirect.c"
}

build_plugin() {
	build_tool -shared -fPIC -fvisibility=hidden -o "$work/$1.so" "$here/$1.c"
}

# quietly COMMAND… - what it says is shown when it fails
quietly() {
	"$@" >"$work/build.log" 2>&1 </dev/null || {
		cat "$work/build.log" >&2
		return 1
	}
}

# The command, for measurements with a reader.
build_command() {
	quietly make -C "$top" --no-print-directory userspace
}

# keep_module RELEASE KDIR NAME - the module is built once and kept, so that all machines
# measure the same one, whatever is edited meanwhile.
keep_module() {
	quietly make -C "$top" --no-print-directory module KVER="$1" KDIR="$2" BUILD="build/$1"
	export SOFTTAP_BENCH_KO=$work/softtap-$3.ko
	cp "$top/build/$1/softtap.ko" "$SOFTTAP_BENCH_KO"
}

# Sets release and kdir.
build_module() {
	local image
	image=$("$top/scripts/vm-image" "$kernel")
	release=$(<"$image/release") kdir=$(<"$image/kdir")
	keep_module "$release" "$kdir" "$kernel"
}

# The commit of what the module is made of.
revision() {
	git -C "$top" log -1 --format=%h -- kmod uapi Kbuild
	git -C "$top" diff --quiet HEAD -- kmod uapi Kbuild || echo "and changes"
}

# What the figures depend on, as lines "about", what, value: the module, its kernel ($1)
# and the emulator.
describe_module() {
	printf 'about\tkernel package\t%s\n' "$1"
	printf 'about\tsofttap\tcommit %s\n' "$(revision 2>/dev/null | paste -s -d ' ' || echo unknown)"
	printf 'about\tcompiler of softtap\t%s\n' "$(${CC:-gcc} --version | head -n 1)"
}

describe() {
	describe_module "$(dpkg-query -W -f '${Package} ${Version}' "linux-image-$release" 2>/dev/null || echo "$release")"
	printf 'about\temulator\t%s\n' "$(qemu-system-x86_64 --version | head -n 1)"
}

about() {
	describe | awk -F '\t' -v before="$1" -v between="$2" '{ print before $2 between $3 }'
}

# Shows the page $1 that was made of all figures, and keeps both if all were measured.
save_page() {
	cat "$work/$1-$kernel.md"
	[ ! "$save" ] || install -D -m 644 -t "$here/results" "$work/$1-$kernel".{tsv,md}
}

# How busy the host is, as such a line: elapsed time depends on it. $1 says when that is.
describe_load() {
	printf 'about\tload of the host %s\t%s\n' "$1" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}

# Runs a command in a machine. Ten minutes are several times what any of them takes.
ordinary_machine() {
	"$top/scripts/vm" --kernel "$kernel" --no-build --timeout 600 "$@" </dev/null
}

# The same where the clock counts instructions.
machine() {
	ordinary_machine --icount "$@"
}

# Symbols of the kernel's code, out of /proc/kallsyms on standard input, for the awk scripts.
symbols() {
	awk '$2 ~ /^[tTwW]$/ { print $1, "s", $3 }' | LC_ALL=C sort -s -k 1,1
}
