#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 110
# Covers: userspace/commands/check_loop.[ch] userspace/loop/* tests/nic/habits.c
#
# softtap check --loop A B: two good ports at a cable do nothing to any frame. Each of ten things that
# cards do to frames is found, and nothing else; and the ports are as they were.
#
#	      this machine
#	+---------------------+
#	| eth1 --- cable --- eth2
#	+---------------------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 1')
long=$(count '' yes)
timeout=$(count 300 900)
# Long frames take most of the time.
mtu=$(count 2000 9004)

prepare() {
	build_nic
}

# try [ARGUMENT…] - the table is in result.json
try() {
	status=0
	softtap check --loop -j "$@" eth1 eth2 >result.json || status=$?
}

# What is no note: "GROUP FRAMES: A TO B/B TO A", one a line.
found() {
	jq -r '.results[] | select(.weight != "note") |
		.group + (if .frames then " " + .frames else "" end) + ": " + .a_to_b + "/" + .b_to_a' result.json
}

# row GROUP - all that is said of it
row() {
	jq -r --arg group "$1" '.results[] | select(.group == $group) |
		(.frames // "all") + ": " + .a_to_b + "/" + .b_to_a' result.json
}

# What the ports are like.
ports() {
	local port
	for port in eth1 eth2; do
		ip -d link show $port
		ip addr show $port | grep inet | sed "s/ tentative//"
		ethtool -k $port
		ethtool -a $port
		ethtool -g $port
		ethtool -l $port
		ethtool --show-eee $port
		sysctl -a 2>/dev/null | grep "\.$port\."
		tc qdisc show dev $port
	done
}

links_are_up() {
	within 30 grep -q up /sys/class/net/eth1/operstate
	within 30 grep -q up /sys/class/net/eth2/operstate
}

# habits EXPECTED A [B] - eth1, eth2 have these, and this is found
habits() {
	echo "$2" >"$wires/card0/faults/habits"
	echo "${3:-0}" >"$wires/card1/faults/habits"
	try
	is "found: habits $2 ${3:-}" "$(found)" "$1"
	echo 0 >"$wires/card0/faults/habits"
	echo 0 >"$wires/card1/faults/habits"
}

above_mtu() {
	local refused='not sent: above largest MTU'
	echo '1515 to 1522: unchanged/unchanged'
	echo "1523 to $((mtu + 14)): lost/lost"
	[ "$mtu" = 9004 ] || echo "$((mtu + 15)) to 9018: $refused/$refused"
}

good_ports() {
	ports >before
	try --save saved.json
	is 'good ports do nothing to frames' "$(found)" ''
	is 'that is success' "$status" 0
	is 'all lengths of a link' "$(row lengths)" '60 to 1514: unchanged/unchanged'
	is 'short ones' "$(row 'too short')" '14 to 59: unchanged/unchanged'
	is 'above the MTU: two tags have room' "$(row 'above the MTU')" "$(above_mtu)"
	is 'broken ones' "$(row 'given FCS')" 'all: unchanged/unchanged'
	is 'nothing else is sent' "$(jq '[.[] | .frames_of_others? // empty] | add' result.json)" 0
	ports >after
	ok 'the ports are as they were' diff before after
	ok 'nothing is kept of them' sh -c '! ls /run/softtap/ports/*'
	ok 'what is saved names no port and no address' sh -c '! grep -E "eth[12]|([0-9a-f]{2}:){5}" saved.json'
	[ "$long" ] || return 0
	try
	is 'a second time the same' "$(jq 'del(.[] | .delay_median_ns?) | .results' result.json)" \
		"$(jq .results saved.json)"
	like 'as text' "$(softtap check --loop eth1 eth2)" \
		$'lengths +60 to 1514 +unchanged +unchanged\n'
}

broken_of() {
	local len
	for len in 18 20 32 63 ${1:-}; do
		echo "wrong at $len bytes, one bit at $len bytes"
	done | paste -sd '|' | sed 's/|/, /g'
}

tags='VLAN tags VLAN 0, VLAN 0 of priority 5, VLAN 0 in VLAN 0: tag taken out/unchanged'
pauses='MAC control PAUSE, end of PAUSE: unchanged/lost'
stops='flow control: goes on sending/obeyed'
lldp='protocols LLDP: lost/unchanged'
byte='lengths 1503: byte 700 changed/unchanged'
mends="given FCS $(broken_of '64 65 512 1518 1618'): FCS mended/unchanged"
waits='one alone: waits/at once'
short="$(broken_of | sed 's/wrong at \([0-9]*\)/right at \1 bytes, &/g')"

# eth1 has what eth2 has not, but for short frames: one pads, the other drops them.
bad_ports() {
	habits "$byte"$'\n'"$pauses"$'\n'"$tags"$'\n'"$lldp"$'\n'"$mends"$'\n'"$waits"$'\n'"$stops" 0xf9
	is 'that is no success' "$status" 8
	ethtool --set-priv-flags eth1 tx-pad on
	habits $'too short 14 to 59: padded to 60/lost\ngiven FCS '"$short: unchanged/lost" 0 2
	is 'nor is that' "$status" 7
	ethtool --set-priv-flags eth1 tx-pad off
	echo 0x4 >"$wires/card0/faults/habits"
	echo 0x100 >"$wires/card1/faults/habits"
	try
	like 'found: frames are overtaken' "$(found)" \
		'lengths [0-9]+, [0-9]+, [0-9, ]+\.\.\.: unchanged, overtaken/unchanged'
	like 'found: frames come twice' "$(found)" \
		'lengths [0-9]+, [0-9]+, [0-9, ]+\.\.\.: unchanged/unchanged, 2 times'
	like 'in bursts, too' "$(found)" 'at once 4000 of 60: overtaken/twice'
	echo 0 >"$wires/card0/faults/habits"
	echo 0 >"$wires/card1/faults/habits"
}

# Each for itself, in the other port.
bad_port() {
	habits "$(swap "$tags")" 0 0x1
	habits $'too short 14 to 59: unchanged/lost\ngiven FCS '"$short: unchanged/lost" 0 0x2
	habits "$(swap "$pauses")"$'\n'"$(swap "$stops")" 0 0x8
	habits "$(swap "$lldp")" 0 0x10
	habits "$(swap "$byte")" 0 0x20
	habits "$(swap "$mends")" 0 0x40
	habits "$(swap "$waits")" 0 0x80
}

# swap ROW - the other way round
swap() {
	local fates=${1##*: }
	echo "${1%: *}: ${fates#*/}/${fates%/*}"
}

# fails STATUS PATTERN ARGUMENT… - with one line
fails() {
	local status=0
	softtap check --loop "${@:3}" >/dev/null 2>said || status=$?
	is "$2: status" "$status" "$1"
	like "$2" "$(<said)" "$2"
	is "$2: one line" "$(wc -l <said)" 1
}

refusals() {
	ports >before
	ip addr add 192.0.2.1/24 dev eth1
	fails 1 'carries addresses and routes; --force tests it all the same' eth1 eth2
	if [ "$long" ]; then
		ok 'with --force it goes' softtap check --loop --force eth1 eth2
		like 'and the address is there again' "$(ip addr show eth1)" '192.0.2.1'
	fi
	ip addr flush dev eth1
	fails 1 'no such port' eth1 eth9
	fails 2 'twice' eth1 eth1
	fails 2 'two ports' eth1
	echo 0 >"$wires/card0/connected"
	fails 1 'eth[12] has no link: are the ports connected' eth1 eth2
	echo 1 >"$wires/card0/connected"
	links_are_up
	echo 1 >"$wires/card0/faults/tx_stalled"
	fails 1 'nothing that leaves eth1 arrives at eth2' eth1 eth2
	echo 0 >"$wires/card0/faults/tx_stalled"
	load tap=eth1:eth2
	fails 1 'eth1 is a port of tap0 already' eth1 eth2
	unload
	if [ "$long" ]; then
		fails 3 '/nowhere/file: No such file or directory' --save /nowhere/file eth1 eth2
	fi
}

killed() {
	links_are_up
	ports >before
	softtap check --loop eth1 eth2 >/dev/null 2>&1 &
	within 10 grep -qw "$mtu" /sys/class/net/eth1/mtu
	kill -9 $!
	wait $! || :
	fails 1 'softtap down does that' eth1 eth2
	softtap down
	links_are_up
	ports >after
	ok 'after a kill, softtap down puts the ports back' diff before after
	softtap check --loop eth1 eth2 >/dev/null 2>said &
	within 10 grep -qw "$mtu" /sys/class/net/eth1/mtu
	kill $!
	wait $! || :
	links_are_up
	ports >after
	like 'one that is asked to end says so' "$(<said)" 'interrupted'
	ok 'and puts the ports back' diff before after
}

guest() {
	load_nic cards=2 names=eth1,eth2 mtu_max="$mtu"
	ethtool --set-priv-flags eth1 tx-pad off
	ethtool --set-priv-flags eth2 tx-pad off
	ip link set eth1 up
	ip link set eth2 up
	links_are_up
	good_ports
	# A trial takes some seconds.
	if [ "$(nproc)" = 1 ] || [ "$long" ]; then bad_ports; fi
	[ ! "$long" ] || bad_port
	if [ "$(nproc)" = 2 ] || [ "$long" ]; then refusals; killed; fi
	rmmod testnic
}

run_test
