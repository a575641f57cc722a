#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 20
# Covers: userspace/commands/capture.c userspace/commands/capture_options.[ch] userspace/store/storage.[ch]
# Covers: userspace/lib/signals.[ch]
#
# How a capture ends when all is well: after a number of packets, after a time, by SIGINT or
# SIGTERM or SIGHUP, and written to a pipe. What was received until then is in the file, which is the user's
# own.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1')

prepare() {
	make-frames plain 1 60 1500 plain
}

# Frames as long as there is a file "wanted".
keep_sending() {
	while [ -e wanted ]; do
		send A "$SOFTTAP_OUT/plain" 500
	done
}

after_packets() {
	touch wanted
	keep_sending &
	ok '-c 10 ends by itself' timeout 60 softtap capture -c 10 -w count.pcapng
	ok '-a duration:1 ends by itself' timeout 60 softtap capture -a duration:1 -w time.pcapng
	rm wanted
	wait $!
}

# What the reader has not looked at when the signal comes is in the file.
by_signal() {
	start_reader "$1.pcapng" --interval 60000
	send A "$SOFTTAP_OUT/plain"
	ok "SIG$1 ends it well" stop_reader "$1"
}

# What users of tcpdump type, and what they expect.
as_tcpdump() {
	is '-D lists taps' "$(softtap capture -D)" '1.tap0 (eth1:eth2) [running]'
	start_reader dump.pcapng -n -p -q -U -B 1000000
	like '-B: warns of smaller buffers' "$(<dump.pcapng.log)" "warning: each CPU's buffer of tap0 has [0-9]+ KiB"
	send A "$SOFTTAP_OUT/plain"
	ok 'SIGUSR1 tells how it goes' within 30 tells_of 1001
	ok 'and it goes on to its end' stop_reader
	like 'of all packets' "$(<dump.pcapng.log)" '1001 packets captured'
}

# tells_of PACKETS - by now, or next time
tells_of() {
	kill -USR1 "$reader"
	sleep 0.2
	grep -qx "$1 packets captured, $1 packets received by filter, 0 packets dropped by kernel" \
		dump.pcapng.log
}

to_pipe() {
	mkfifo pipe
	cat pipe >pipe.pcapng &
	start_reader - >pipe
	send A "$SOFTTAP_OUT/plain"
	ok 'to a pipe: ends well' stop_reader
	wait $!
}

# A terminal shows how it goes, every second, and the result in place of it.
on_terminal() {
	ok 'on a terminal: ends well' timeout 60 script -qec \
		'softtap capture -a duration:2 -w terminal.pcapng' said
	like 'on a terminal: progress is shown' "$(cat said)" \
		$'\r[0-9]+ packets?, [0-9]+ bytes, 0 dropped'
	is 'to a file: it is not' "$(grep -c $'\r' INT.pcapng.log)" 0
	like 'scripts are told when it is ready' "$(head -n 1 INT.pcapng.log)" \
		'^listening on tap0 \(eth1:eth2\), link-type EN10MB \(Ethernet\), snapshot length 262144 bytes$'
}

guest() {
	veth_topology
	load tap=eth1:eth2
	after_packets
	by_signal INT
	by_signal TERM
	by_signal HUP
	as_tcpdump
	to_pipe
	on_terminal
	is 'a file is for its owner alone' "$(stat -c %a ./*.pcapng | sort -u | paste -sd' ')" '600 644'
	laws_hold
	unload
}

verify() {
	local name
	is '-c 10 wrote 10' "$(frames count count.pcapng)" 10
	ok '-a duration:1 wrote some' test "$(frames count time.pcapng)" -gt 100
	for name in INT TERM HUP pipe; do
		ok "$name: all that was received is there" frames same plain $name.pcapng
		is "$name: nothing was lost" "$(frames dropped $name.pcapng)" $'0 0\n0 0'
	done
	for name in count time INT TERM HUP pipe; do
		file_is_valid $name.pcapng
	done
}

run_test
