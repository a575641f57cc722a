#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 240
# Covers: kmod/channel.[ch] kmod/capture.[ch] userspace/capture/merge.[ch]
# Covers: userspace/capture/relay.[ch]
#
# The order of a capture: by time over all processors, whether these are busy, quiet, or come and go
# under traffic, and whatever is done to the wall clock; and a packet is in the file soon after it
# arrived. With --order buffer packets are out of order, but by no more than the interval.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                             ext4
#
# Virtual cables: a frame is received where it is sent, so that flood says which processors record.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --disk 2G' '--kernel 6.12 --smp 2 --disk 2G'
	'--kernel 6.1 --smp 4 --disk 2G')
[ -z "${SOFTTAP_LONG:-}" ] || machines+=('--kernel 6.12 --disk 2G' '--kernel 6.1 --smp 2 --disk 2G'
	'--kernel 6.12 --smp 4 --disk 2G')
timeout=$(count 600 1200)
seconds=$(count 2 20)	# of traffic, each time
interval=$((300 * slowness))	# in ms, with --order buffer

# --- Captures -----------------------------------------------------------------------------------------

# capture_while NAME COMMAND… - frames pass and are captured meanwhile, into /mnt/NAME
capture_while() {
	local name=$1
	start_flood "${flood_options[@]}"
	start_capture "/mnt/$name" "${capture_options[@]}"
	"${@:2}"
	stop_flood
	ok "$name: the reader ends well" stop_reader
	cached "/mnt/$name" >"$name.cached"	# before somebody reads it
	softtap verify -j "/mnt/$name" >"$name.json" || :
}

flood_options=()
capture_options=()

# Of what softtap verify said: value_of NAME .out_of_order
value_of() {
	jq -r "$2" "$1.json"
}

# What flood sent is there, once, whole and adding up. What is more than it found room for is lost,
# and told of.
is_complete() {
	flood_is_good
	laws_hold
	is "$1: the file is whole, and adds up" "$(value_of "$1" '.wrong[]')" ''
	ok "$1: each frame is in it once" records_agree --whole "/mnt/$1"
	echo "# $1: $(value_of "$1" '[.interfaces[].packets] | @text') packets," \
		"$(value_of "$1" '[.interfaces[].statistics.dropped] | @text') lost" >&2
}

is_ordered() {
	is_complete "$1"
	is "$1: in order" "$(value_of "$1" '.out_of_order, .disorder_ns' | xargs)" '0 0'
	rm "/mnt/$1"
}

# --- Loads --------------------------------------------------------------------------------------------

# As much as the machine carries tells what it is a part of.
test_loads() {
	local percent
	flood_rate=100000
	capture_while load-100 nap "$seconds"
	is_ordered load-100
	carried=$(awk '{ sum += $NF } END { print int(sum / NR) }' flood.streams)
	echo "# $carried frames a second each way are carried" >&2
	for percent in 1 10 50; do
		flood_rate=$((carried * percent / 100 + 1))
		capture_while load-$percent nap "$seconds"
		is_ordered load-$percent
	done
}

test_quiet_and_busy() {
	flood_rate=$((carried / 2)),10
	capture_while quiet-and-busy nap "$seconds"
	is_ordered quiet-and-busy
}

# --- Processors ---------------------------------------------------------------------------------------

processors=$(getconf _NPROCESSORS_CONF)

# Frames that each processor has received, a line each.
received() {
	awk '/NET_RX/ { for (i = 2; i <= NF; i++) print $i }' /proc/softirqs
}

# switch PROCESSOR 0|1
switch() {
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
	nap 0.2
}

come_and_go() {
	local round cpu
	for ((round = 0; round < seconds; round++)); do
		for ((cpu = 1; cpu < processors; cpu++)); do
			switch $cpu 0
			switch $cpu 1
		done
	done
}

test_come_and_go() {
	[ "$processors" -gt 1 ] || return 0
	flood_rate=$((carried / 2))
	flood_options=(--wander)
	received >received.before
	capture_while come-and-go come_and_go
	flood_options=()
	received >received.after
	is 'come-and-go: all processors received frames' \
		"$(paste received.before received.after | awk '$2 < $1 + 10')" ''
	is_ordered come-and-go
}

# --- The wall clock -----------------------------------------------------------------------------------

uptime_ms() {
	awk '{ print int($1 * 1000) }' /proc/uptime
}

# time_of NAME min|max - the first or last packet's, in milliseconds
time_of() {
	date -d "$(value_of "$1" "[.interfaces[] | .first, .last] | $2")" +%s%3N
}

grows() {
	[ "$(stat -c %s "$1")" -gt "$2" ]
}

# step HOURS - what follows is in the file as soon as ever
step() {
	local before
	date -s "$1 hour" >/dev/null
	before=$(stat -c %s /mnt/clock)
	ok "clock: the file grows after a step of $1 hours" within 3 grows /mnt/clock "$before"
	nap 1
}

steps() {
	up=$(uptime_ms)
	nap 1
	step +1
	step -2
	up=$(($(uptime_ms) - up))
}

# It ends while the clock is an hour back.
test_clock() {
	local up span
	flood_rate=$((carried / 4)),50
	capture_while clock steps
	date -s '+1 hour' >/dev/null
	span=$(($(time_of clock max) - $(time_of clock min)))
	ok "clock: times go on steadily, $span ms of $up" \
		test $((span - up)) -gt -1000 -a $((span - up)) -lt $((5000 * patience))
	is_ordered clock
}

# --- The delay ----------------------------------------------------------------------------------------

# test_delay NAME RATES - the bound is the interval, 20 ms, and twice a grace period and a write, for
# which there is a second: less than another interval.
test_delay() {
	local name=$1 most port
	flood_rate=$2
	: >"/mnt/$name"
	delays "/mnt/$name" >"$name.delays" &
	capture_options=(--interval 1500)
	capture_while "$name" nap $((seconds + 2))
	capture_options=()
	wait $!
	for port in 0 1; do
		most=$(awk -v port=$port '$2 == port { print int($NF / 1000) }' "$name.delays")
		ok "$name: after $most ms at most packets of port $port are in the file" \
			test "$most" -le $((1520 + 1000 * patience))
	done
	is_ordered "$name"
}

# --- Whole sub-buffers --------------------------------------------------------------------------------

# test_by_buffer NAME RATES - the interval is one in which frames fill sub-buffers
test_by_buffer() {
	local name=$1 disorder
	[ "$processors" -gt 1 ] || return 0
	flood_rate=$2
	capture_options=(--order buffer --interval "$interval")
	capture_while "$name" nap $((seconds * slowness))
	capture_options=()
	is_complete "$name"
	disorder=$(value_of "$name" .disorder_ns)
	ok "$name: $(value_of "$name" .out_of_order) packets are out of order, by $disorder ns at most" \
		test "$disorder" -gt 0 -a "$disorder" -le $((interval * 1000000))
	is "$name: the file tells of it" "$(value_of "$name" .disorder_allowed_ns)" $((interval * 1000000))
	ok "$name: little of it is in the page cache ($(cat "$name.cached") %)" \
		test "$(cat "$name.cached")" -lt 50
	mv "/mnt/$name" .
}

guest() {
	local carried
	mkfs.ext4 -qF /dev/vda
	mount /dev/vda /mnt
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=128
	test_loads
	test_quiet_and_busy
	test_come_and_go
	test_clock
	test_delay delay-quiet 100,10
	is 'delay-quiet: it is the interval that counts' "$(awk '$NF < 1e6' delay-quiet.delays)" ''
	test_delay delay-mixed $((carried / 2)),10
	test_by_buffer buffer-busy $((carried / 2))
	test_by_buffer buffer-mixed $((carried / 2)),20
	unload
}

verify() {
	local name reader
	for name in buffer-busy buffer-mixed; do
		[ -e $name ] || continue
		for reader in 'tshark -n' 'capinfos' 'tcpdump -n'; do
			ok "$name: ${reader%% *} reads it without a complaint" reads "$reader" $name
		done
		ok "$name: capinfos tells of the order" grep -q "order: buffer, $interval ms" <(capinfos $name)
	done
}

run_test
