# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests in the test machine: the module, its counters and laws, the reader.

sysfs=/sys/kernel/softtap

# load [PARAMETER=VALUE…]
load() {
	insmod "$SOFTTAP_KO" "$@"
}

unload() {
	rmmod softtap
}

# read_counter VARIABLE [TAP/]PORT/NAME - without a process, which takes long in the test machine
read_counter() {
	case $2 in
	tap*) read -r "$1" <"$sysfs/$2" ;;
	*) read -r "$1" <"$sysfs/tap0/$2" ;;
	esac
}

# counter [TAP/]PORT/NAME, as in `counter a/rx_frames`, `counter tap1/b/lost_frames`
counter() {
	local value
	read_counter value "$1"
	echo "$value"
}

# Writes all counters of a tap as lines "a/rx_frames 123", for the host to look at.
save_counters() {
	local tap=$sysfs/${1:-tap0} file value
	for file in "$tap"/[ab]/*; do
		read -r value 2>/dev/null <"$file" || continue
		echo "${file#"$tap/"} $value"
	done
}

# sum VARIABLE NAME… - counters together
sum() {
	local name count total=0
	for name in "${@:2}"; do
		read_counter count "$name"
		total=$((total + count))
	done
	printf -v "$1" %s "$total"
}

# add_up NAME… - the same, printed
add_up() {
	local all
	sum all "$@"
	echo "$all"
}

# The laws of a tap at rest, to the frame.
laws_hold() {
	local tap=${1:-tap0} p q received kept sent
	for p in a b; do
		[ -d "$sysfs/$tap/$p" ] || continue
		sum received "$tap/$p/rx_frames"
		sum kept "$tap/$p"/{captured,filtered,lost,refused,idle}_frames
		is "$tap/$p: received = captured + filtered + lost + refused + idle" "$received" "$kept"
		q=a
		[ $p = b ] || q=b
		[ -d "$sysfs/$tap/$q" ] || continue
		sum sent "$tap/$q/tx_frames" "$tap/$q/tx_dropped" "$tap/$p/refused_frames"
		# Broken ones that were not sent on.
		sent=$((sent + $(counter "$tap/$p/bad_rx_frames") - $(counter "$tap/$q/bad_tx_frames")))
		is "$tap/$p: received = sent on the other side + dropped there + refused" "$received" "$sent"
	done
}

reader=
under=()

# start_reader FILE [OPTION…] - returns when a marker was recorded, or left out by the reader's
# filter, and so all that follows is. What the reader says is in FILE.log, in the current directory.
# It runs under $under, say (nice -n 19).
start_reader() {
	local file=$1 before
	shift
	sum before a/{captured,filtered}_frames
	"${under[@]}" softtap capture -w "$file" "$@" </dev/null 2>"${file##*/}.log" &
	reader=$!
	within 60 marker_recorded "$before"
}

# marker_recorded BEFORE - sends one, looks whether more is recorded or left out than before
marker_recorded() {
	local now
	send_marker begin A
	sum now a/{captured,filtered}_frames
	[ "$now" -gt "$1" ]
}

# stop_reader [SIGNAL] - the status of the reader is the status
stop_reader() {
	kill -"${1:-INT}" "$reader"
	wait "$reader"
}

# Bytes of a file that are in the page cache, in percent.
cached() {
	fincore -b -n -r -o RES,SIZE "$1" | awk '{ print int(100 * $1 / $2) }'
}
