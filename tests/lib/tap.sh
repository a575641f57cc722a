# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# TAP, without numbers: `number` adds them and the plan when all is collected.

diag() {
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

pass() {
	echo "ok - $1"
}

fail() {
	echo "not ok - $1"
}

skip() {
	echo "ok - $1 # SKIP $2"
}

# A file without a name takes what commands say.
said_file=$(mktemp)
exec {said}<>"$said_file"
rm "$said_file"

# ok NAME COMMAND… - the command succeeds. What it says is shown when it does not.
ok() {
	local name=$1
	shift
	if "$@" >"/proc/self/fd/$said" 2>&1 </dev/null; then
		pass "$name"
	else
		fail "$name"
		diag "$*: $(grep . "/proc/self/fd/$said" || echo 'failed, without a word')"
	fi
}

# is NAME GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "     got: $2"
		diag "expected: $3"
	fi
}

# like NAME GOT PATTERN - an extended regular expression
like() {
	if [[ $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1"
		diag "          got: $2"
		diag "does not match: $3"
	fi
}

# The kernel that looks for mistakes takes that many times as long, and frames there, each
# of which many look at, come that many times as slowly.
patience=1
[[ ${SOFTTAP_KERNEL:-} != debug* ]] || patience=5
# shellcheck disable=SC2034 # some tests use it
slowness=$((patience * patience))

# pause SECONDS - without a process: nothing ever comes through this pipe. It is made here, as
# making it changes $!.
exec {never}<> <(:)
pause() {
	read -rt "$1" -u "$never" || :
}

# within SECONDS COMMAND… - waits until the command succeeds, at most that long.
within() {
	local end=$((SECONDS + $1 * patience))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			diag "waited in vain for: $*"
			return 1
		fi
		pause 0.05
	done
}

# Numbers the tests on standard input, adds the plan; fails when one failed or there is none.
number() {
	local line n=0 failed=0
	while IFS= read -r line; do
		case $line in
		'ok - '*) line="ok $((n += 1))${line#ok}" ;;
		'not ok - '*) line="not ok $((n += 1))${line#not ok}" failed=1 ;;
		esac
		printf '%s\n' "$line"
	done
	echo "1..$n"
	[ $failed = 0 ] && [ $n -gt 0 ]
}
