#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 28
# Covers: README.md kmod/tap_debugfs.[ch] userspace/softtap.c
#
# What the README tells people to type, word for word: with `softtap up`, and bare. Its indented
# blocks are run line by line; a line "until Ctrl-C" or with live output is interrupted after pings
# have passed. The directory for captures is a disk of its own.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"

machines=('--kernel 6.1 --disk 1G' '--kernel 6.12 --disk 1G')
readme=$tests/../README.md

# block TEXT - the indented lines that follow the paragraph with this text
block() {
	awk -v text="$1" '
	index($0, text) { found = 1 }
	found && /^    / { print substr($0, 5); inside = 1 }
	inside && /^[^ ]/ { exit }' "$readme"
}

# We are root already; packages do not matter here.
sudo() {
	"$@"
}

pings_pass() {
	in_a ping -q -c 10 -i 0.05 -W 2 192.0.2.2
}

# begins BEFORE - a command reads the tap, or has something to show
begins() {
	[ -s /tmp/test/said ] || marker_recorded "$1"
}

# Runs a line that waits for Ctrl-C: in the background, as a shell with job control does it.
run_until_interrupt() {
	local before
	sum before a/{captured,filtered}_frames
	: >/tmp/test/said
	set -m
	eval "$1" >"/tmp/test/said" 2>&1 </dev/null &
	ok "$2: begins" within 30 begins "$before"
	ok "$2: pings pass meanwhile" pings_pass
	sleep 1	# more than the reader's interval
	kill -INT -- -$!
	wait $! || :
	set +m
}

run_line() {
	local line=$1 name=$2 command
	command=${line%%#*}
	case $line in
	*Ctrl-C* | *live*) run_until_interrupt "$command" "$name" ;;
	# The ports are in a link here, not at a cable between them.
	*'check --loop '*)
		like "$name" "$(eval "$command" 2>&1)" 'nothing that leaves eth1 arrives at eth2'
		;;
	*'check eth1 '*) like "$name" "$(eval "$command")" 'With softtap up they are transparent\.' ;;
	*)
		if eval "$command" >/tmp/test/said 2>&1 </dev/null; then
			pass "$name"
		else
			fail "$name"
			diag "$(cat /tmp/test/said)"
		fi
		;;
	esac
}

run_block() {
	local line
	block "$1" >/tmp/test/block
	ok "README: there is a block after \"$1\"" test -s /tmp/test/block
	while read -r line <&3; do
		run_line "$line" "${line%%#*}"
	done 3</tmp/test/block
}

echo_requests() {
	tcpdump -nr "$1" icmp 2>/dev/null | grep -c 'echo request'
}

guest() {
	veth_topology
	give_addresses
	within 10 pings_do_not_pass
	new_disk
	mkdir /captures
	mount --bind disk /captures

	run_block 'in the link:'
	is 'softtap capture: the pings are in the file' "$(echo_requests link.pcapng)" 10
	ok 'softtap down: the module is gone' test ! -e /sys/kernel/softtap

	cp "$SOFTTAP_KO" softtap.ko
	run_block 'Without the softtap command'
	is 'cat header cpu0: the pings are in the file' "$(echo_requests /tmp/link.pcapng)" 10
	ok 'rmmod: the module is gone' test ! -e /sys/kernel/softtap
}

pings_do_not_pass() {
	! in_a ping -q -c 1 -W 1 192.0.2.2
}

run_test
