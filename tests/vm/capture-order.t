#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 85
# Covers: kmod/channel.[ch] kmod/capture.[ch] userspace/reader/merge.[ch]
# Covers: userspace/tap/relay.[ch]
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
timeout=$(count 300 1200)
seconds=$(count 1 20)	# of traffic, each time
rounds=$(count 2 20)	# in which all processors but the first go and come
interval=300			# in ms, with --order buffer, at least

# --- Captures -----------------------------------------------------------------------------------------

# capture_while NAME COMMAND… - frames pass and are captured meanwhile, into /mnt/NAME. The file and
# what flood and the counters say of it are judged on the host.
capture_while() {
	local name=$1
	start_flood "${flood_options[@]}"
	start_capture "/mnt/$name" "${capture_options[@]}"
	"${@:2}"
	stop_flood
	ok "$name: the reader ends well" stop_reader
	laws_hold
	mv flood.report "$name.report"
	mv flood.streams "$name.streams"
	account >"$name.account"
	# Before somebody reads it.
	[[ $name != buffer-* ]] || cached "/mnt/$name" >"$name.cached"
	mv "/mnt/$name" "$SOFTTAP_OUT"
}

flood_options=()
capture_options=()

# What the capture must hold, and tell of: "CAPTURED_A,CAPTURED_B LOST_A,LOST_B"
account() {
	local captured_a captured_b lost_a lost_b
	delta captured_a a/captured_frames
	delta captured_b b/captured_frames
	delta lost_a a/lost_frames
	delta lost_b b/lost_frames
	echo "$captured_a,$captured_b $lost_a,$lost_b"
}

# --- Loads --------------------------------------------------------------------------------------------

# As much as the machine carries tells what it is a part of.
test_loads() {
	local percent
	flood_rate=100000
	capture_while load-100 nap "$seconds"
	carried=$(awk '{ sum += $NF } END { print int(sum / NR) }' load-100.streams)
	echo "# $carried frames a second each way are carried" >&2
	for percent in 1 10 50; do
		flood_rate=$((carried * percent / 100 + 1))
		capture_while load-$percent nap "$seconds"
	done
}

test_quiet_and_busy() {
	flood_rate=$((carried / 2)),10
	capture_while quiet-and-busy nap "$seconds"
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
	for ((round = 0; round < rounds; round++)); do
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
}

# --- The wall clock -----------------------------------------------------------------------------------

uptime_ms() {
	awk '{ print int($1 * 1000) }' /proc/uptime
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
	nap 0.5
}

steps() {
	up=$(uptime_ms)
	nap 0.5
	step +1
	step -2
	up=$(($(uptime_ms) - up))
}

# It ends while the clock is an hour back.
test_clock() {
	local up
	flood_rate=$((carried / 4)),50
	capture_while clock steps
	date -s '+1 hour' >/dev/null
	echo "$up" >clock.up
}

# --- The delay ----------------------------------------------------------------------------------------

# capture_delays NAME RATES
capture_delays() {
	flood_rate=$2
	: >"/mnt/$1"
	delays "/mnt/$1" >"$1.delays" &
	capture_options=(--interval 1500)
	capture_while "$1" nap $((seconds + 2))
	capture_options=()
	wait $!
}

# --- Whole sub-buffers --------------------------------------------------------------------------------

# On how fast frames come depends how long a processor takes to fill a sub-buffer of 128 KiB: 400
# bytes a frame and its record, half of what is carried, over all processors that it may come to. The
# interval is three of that, the capture two intervals, on however slow a machine.
choose_interval() {
	local fill=$((128 * 1024 * 1000 * processors / 2 / (carried * 200)))
	[ $((3 * fill)) -lt "$interval" ] || interval=$((3 * fill))
	echo "$interval" >interval
}

# capture_by_buffer NAME RATES
capture_by_buffer() {
	[ "$processors" -gt 1 ] || return 0
	flood_rate=$2
	choose_interval
	capture_options=(--order buffer --interval "$interval")
	capture_while "$1" nap $((seconds + 2 * interval / 1000))
	capture_options=()
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
	capture_delays delay-quiet 100,10
	capture_delays delay-mixed $((carried / 2)),10
	capture_by_buffer buffer-busy $((carried / 2))
	capture_by_buffer buffer-mixed $((carried / 2)),20
	unload
}

# --- What came of it, on the host ---------------------------------------------------------------------

# Of what softtap verify said: value_of NAME .out_of_order
value_of() {
	jq -r "$2" "$1.json"
}

# What flood sent is there, once, whole and adding up. What is more than it found room for is lost,
# and told of.
is_complete() {
	local name=$1 captured lost
	cp "$name.report" flood.report
	cp "$name.streams" flood.streams
	flood_is_good
	"$tests/../userspace/softtap" verify -j "$name" >"$name.json" || :
	is "$name: the file is whole, and adds up" "$(value_of "$name" '.wrong[]')" ''
	read -r captured lost <"$name.account"
	ok "$name: each frame is in it once" records --captured "$captured" --lost "$lost" --whole "$name"
	diag "$name: $(value_of "$name" '[.interfaces[].packets] | @text') packets," \
		"$(value_of "$name" '[.interfaces[].statistics.dropped] | @text') lost"
}

is_ordered() {
	is "$1: in order" "$(value_of "$1" '.out_of_order, .disorder_ns' | xargs)" '0 0'
}

# time_of NAME min|max - the first or last packet's, in milliseconds
time_of() {
	date -d "$(value_of "$1" "[.interfaces[] | .first, .last] | $2")" +%s%3N
}

times_go_on() {
	local up span
	up=$(<clock.up)
	span=$(($(time_of clock max) - $(time_of clock min)))
	ok "clock: times go on steadily, $span ms of $up" \
		test $((span - up)) -gt -1000 -a $((span - up)) -lt $((5000 * patience))
}

# The bound is the interval, 20 ms, and twice a grace period and a write, for which there is a
# second: less than another interval.
is_in_time() {
	local name=$1 most port
	for port in 0 1; do
		most=$(awk -v port=$port '$2 == port { print int($NF / 1000) }' "$name.delays")
		ok "$name: after $most ms at most packets of port $port are in the file" \
			test "$most" -le $((1520 + 1000 * patience))
	done
}

is_nearly_ordered() {
	local name=$1 disorder reader interval
	interval=$(<interval)
	disorder=$(value_of "$name" .disorder_ns)
	ok "$name: $(value_of "$name" .out_of_order) packets are out of order, by $disorder ns at most" \
		test "$disorder" -gt 0 -a "$disorder" -le $((interval * 1000000))
	is "$name: the file tells of it" "$(value_of "$name" .disorder_allowed_ns)" $((interval * 1000000))
	ok "$name: little of it is in the page cache ($(cat "$name.cached") %)" \
		test "$(cat "$name.cached")" -lt 50
	for reader in 'tshark -n' 'capinfos' 'tcpdump -n'; do
		ok "$name: ${reader%% *} reads it without a complaint" reads "$reader" "$name"
	done
	ok "$name: capinfos tells of the order" grep -q "order: buffer, $interval ms" <(capinfos "$name")
}

# What is captured in a machine: several processors have more to it.
names() {
	echo load-{100,1,10,50} quiet-and-busy clock delay-{quiet,mixed}
	[[ $SOFTTAP_MACHINE != *--smp* ]] || echo come-and-go buffer-{busy,mixed}
}

verify() {
	local name
	for name in $(names); do
		is_complete "$name"
		case $name in
		buffer-*) is_nearly_ordered "$name" ;;
		*) is_ordered "$name" ;;
		esac
		case $name in
		clock) times_go_on ;;
		delay-*) is_in_time "$name" ;;
		esac
		rm "$name"
	done
	is 'delay-quiet: it is the interval that counts' "$(awk '$NF < 1e6' delay-quiet.delays)" ''
}

run_test
