# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests with the network card in software, tests/nic: its driver says what it can do. build_nic
# is for `prepare`, the rest for the machine.

# shellcheck disable=SC2034 # the tests use it
wires=/sys/kernel/debug/testnic

# build_for_tests NAME - the module tests/NAME, for the machine's kernel
build_for_tests() {
	local image options
	read -ra options <<<"${SOFTTAP_MACHINE#*--kernel }"
	image=$("${tests:?set by test.sh}/../scripts/vm-image" "${options[0]}")
	MODULE=tests/$1 KVER=$(<"$image/release") KDIR=$(<"$image/kdir") \
		BUILD=build/$(<"$image/release")/$1 "$tests/../scripts/build-module" >build.log 2>&1 </dev/null ||
		{ diag "$(cat build.log)"; return 1; }
}

build_nic() {
	build_for_tests nic
}

# load_nic [PARAMETER=VALUE…]
load_nic() {
	insmod "$tests/../build/$(uname -r)/nic/testnic.ko" "$@"
}

# A cable between two hosts: cards 0 and 1 become a0 and b0. GRO holds frames back while others pass.
cable_topology() {
	add_namespaces
	# tcpdump sees a frame that nobody else takes after those behind it that somebody takes, if
	# both are in one batch (__netif_receive_skb_list_core()).
	sysctl -qw net.core.gro_normal_batch=1
	load_nic cards=2 names=a0,b0 "$@"
	ip link set a0 netns A
	ip link set b0 netns B
	in_a ethtool -K a0 gro off
	in_b ethtool -K b0 gro off
	in_a ip link set a0 up
	in_b ip link set b0 up
}

# Two cables, a0 in A to eth1 and eth2 to b0 in B: cards 0 to 3.
ports_topology() {
	local host
	load_nic cards=4 names=a0,eth1,eth2,b0 "$@"
	for host in A:a0 B:b0; do
		ip link set "${host#*:}" netns "${host%:*}"
		ip -n "${host%:*}" link set "${host#*:}" up
	done
	ip link set eth1 up
	ip link set eth2 up
	within 30 grep -q up /sys/class/net/eth1/operstate
	within 30 grep -q up /sys/class/net/eth2/operstate
}

# statistic A|B NAME - of ethtool -S; "queue_*_tx_frames" adds up
statistic() {
	ip netns exec "$1" ethtool -S "${1,,}0" | awk -F ': ' -v name="$2" '
		BEGIN { gsub(/\*/, "[0-9]+", name) }
		{ sub(/^ */, "", $1) }
		$1 ~ "^" name "$" { sum += $2 }
		END { print sum + 0 }'
}

listeners=()

# listen CARD FILE - what leaves a card, from now on
listen() {
	cat "$wires/card$1/wire" >"$2" &
	listeners+=($!)
	within 10 test -s "$2"
}

# Frames have passed when counters say so; what listeners read of them is in their files when they
# have nothing to read.
stop_listening() {
	local listener
	for listener in "${listeners[@]}"; do
		within 30 waits "$listener"
	done
	kill "${listeners[@]}"
	wait "${listeners[@]}" 2>/dev/null || :
	listeners=()
}

# waits PROCESS - for a frame, in wire_read()
waits() {
	grep -q wire_read "/proc/$1/stack"
}
