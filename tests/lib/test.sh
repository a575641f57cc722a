# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A test in the test machine, one coherent TAP stream. A test file sets
#
#	machines=('--kernel 6.1' '--kernel 6.12 --smp 2')	options of scripts/vm
#	timeout=600						if 300 seconds a machine do not do
#
# and defines up to three functions, run in a directory of their own:
#
#	prepare		on the host, before: makes what the traffic is to be
#	guest		in the machine, as root: the traffic. $SOFTTAP_OUT is the host's
#			directory; slow, so it starts in one of its own, of which the
#			files are copied there at the end
#	verify		on the host, after: looks at what the machine left in the directory
#
# and perhaps two for what all machines share:
#
#	once		on the host, before all of them, in $SOFTTAP_SHARED
#	parts		prints names: each machine runs once for each of them, in $SOFTTAP_PART
#
# and ends with `run_test`. With $SOFTTAP_KERNEL all machines run that kernel. Each machine gets all
# three, with the options in $SOFTTAP_MACHINE. A machine that dies or hangs, and a function that ends
# early, are failed tests. How long each part took is in tests/out/NAME/times: tests/README.md.
set -euo pipefail

test_file=$(realpath "$0")
test_name=$(basename "$test_file" .t)
tests=${test_file%/tests/*}/tests
export PATH=$tests/lib:$tests/tools:$PATH

. "$tests/lib/tap.sh"

machines=('--kernel 6.1')
timeout=300			# seconds that one machine may take

# With --long, full counts: `count 100 1000` prints the number that applies.
count() {
	if [ "${SOFTTAP_LONG:-}" ]; then echo "$2"; else echo "$1"; fi
}

# What a machine is called in the names of its tests: its kernel, then what else is special.
label_of() {
	tr ' ' '\n' <<<"${1//--kernel /}" | grep -v -e --nic | uniq | sed 's/^--//; s/,.*//' | paste -sd' '
}

# Runs a function; what it does not survive is a failed test.
phase() {
	local status
	[ "$(type -t "$1")" = function ] || return 0
	set +e	# as `|| status=$?` would end the effect of -e inside
	(set -e; "$1")
	status=$?
	set -e
	[ $status = 0 ] || fail "$1 ended early, status $status"
}

# Sets wall and cpu: the time, and what this shell and its children that have ended took of
# processors, in milliseconds.
clock() {
	local stat
	read -ra stat <"/proc/$BASHPID/stat"
	wall=$((${EPOCHREALTIME/[.,]/} / 1000))
	cpu=$(((stat[13] + stat[14] + stat[15] + stat[16]) * 10))
}

# note PHASE WALL CPU - a line in the test's times
note() {
	printf '%s %s %d.%03d %d.%03d\n' "${PWD##*/}" "$1" $(($2 / 1000)) $(($2 % 1000)) \
		$(($3 / 1000)) $(($3 % 1000)) >>"$tests/out/$test_name/times"
}

# timed PHASE - what the phase is called is the function as well
timed() {
	local wall cpu begun used
	[ "$(type -t "$1")" = function ] || return 0
	clock
	begun=$wall used=$cpu
	phase "$1"
	clock
	note "$1" $((wall - begun)) $((cpu - used))
}

# Waits until the guest's function starts; leaves when that was, and what the emulator took of
# processors until then. It is the only one to know while the machine runs.
await_guest() {
	local stat wall cpu
	until [ -e .started ]; do
		sleep 0.1
	done
	read -ra stat <"/proc/$(<emulator.pid)/stat"
	echo $(($(date -r .started +%s%3N))) $(((stat[13] + stat[14]) * 10)) >../boot
}

# The times of booting and of the guest's function, from those of the whole machine.
note_machine() {
	local boot boot_cpu
	[ -s ../boot ] || return 0	# it did not get that far
	read -r boot boot_cpu <../boot
	rm ../boot
	note boot $((boot - $1)) "$boot_cpu"
	note guest $((wall - boot)) $((cpu - $2 - boot_cpu))
}

run_machine() {
	local out=$1 status=0 options waiter wall cpu begun used
	read -ra options <<<"$SOFTTAP_MACHINE"
	[ -z "${SOFTTAP_BUILT:-}" ] || options+=(--no-build)
	await_guest >/dev/null 2>&1 </dev/null &
	waiter=$!
	clock
	begun=$wall used=$cpu
	timeout $((timeout * patience + 120)) "$tests/../scripts/vm" \
		--timeout $((timeout * patience)) --out "$out" \
		"${options[@]}" -- "$test_file" </dev/null || status=$?
	clock
	{ kill $waiter && wait $waiter; } 2>/dev/null || :	# unless it started, long ago
	note_machine "$begun" "$used"
	[ $status = 0 ] || {
		fail "the machine ended early, status $status"
		exit
	}
}

# on_machine OPTIONS [PART] - all for one machine
on_machine() {
	local out
	export SOFTTAP_MACHINE=$1 SOFTTAP_PART=${2:-}
	out=$tests/out/$test_name/$(label_of "$1${2:+ part $2}" | tr ' ' -)
	mkdir -p "$out"
	cd "$out"
	timed prepare
	run_machine "$out"
	timed verify
}

# What the machines share, and the names of the parts; none is one part without a name.
before_all() {
	export SOFTTAP_SHARED=$tests/out/$test_name/shared
	rm -rf "${SOFTTAP_SHARED%/*}"
	mkdir -p "$SOFTTAP_SHARED"
	(cd "$SOFTTAP_SHARED" && timed once)
}

parts_of_test() {
	if [ "$(type -t parts)" = function ]; then parts; else echo; fi
}

# The options of each, one a line.
list_machines() {
	printf '%s\n' "${machines[@]}" |
		sed "${SOFTTAP_KERNEL:+s/--kernel [^ ]*/--kernel $SOFTTAP_KERNEL/}" | awk '!seen[$0]++'
}

all_machines() {
	local machine part
	before_all
	mapfile -t machines < <(list_machines)
	parts_of_test | while IFS= read -r part; do
		for machine in "${machines[@]}"; do
			(on_machine "$machine" "$part") </dev/null |
				sed -u "s|^\(not \)\?ok - |&$(label_of "$machine")${part:+, part $part}: |" || :
		done
	done
}

on_host() {
	[ "${SOFTTAP_BUILT:-}" ] || flock -w 120 "$tests/tools" make -s -C "$tests/tools" </dev/null
	all_machines | number
}

in_guest() {
	# shellcheck disable=SC1091
	. "$tests/lib/guest.sh"
	: >"$SOFTTAP_OUT/.started"
	mkdir /tmp/test
	cd /tmp/test
	trap 'tell_where "$BASH_COMMAND"' ERR
	set -E
	trap 'find . -maxdepth 1 -type f ! -name ".*" -exec cp -t "$SOFTTAP_OUT" {} +' EXIT
	guest
	log_is_clean
	nothing_leaked
}

tell_where() {
	local level
	[ "$BASH_SUBSHELL" = 0 ] || return 0	# whoever wanted the output decides
	diag "failed: $1"
	for ((level = 1; level < ${#FUNCNAME[@]}; level++)); do
		diag "    in ${FUNCNAME[level]}, ${BASH_SOURCE[level]}:${BASH_LINENO[level - 1]}"
	done
}

run_test() {
	if [ "${SOFTTAP_GUEST:-}" ]; then
		export SOFTTAP_OUT=/out
		in_guest
	else
		export SOFTTAP_GUEST=yes
		on_host
	fi
}
