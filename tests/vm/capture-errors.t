#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 20
# Covers: userspace/commands/capture.c userspace/commands/capture_options.[ch] userspace/lib/message.[ch]
# Covers: kmod/tap_device.[ch] kmod/reader.[ch]
#
# What can go wrong with a capture: one line that says what, an exit status of its own for those
# that scripts want to tell apart, and what was written before stays a valid file.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

prepare() {
	make-frames plain 1 60 1500 plain
}

# fails STATUS MESSAGE NAME COMMAND… - it ends so, with one line of complaint that matches
fails() {
	local expected=$1 pattern=$2 name=$3 status=0
	shift 3
	timeout 60 "$@" >said 2>complaints </dev/null || status=$?
	is "$name: exit status" $status "$expected"
	complains "$pattern" "$name" complaints
}

complains() {
	local line lines=()
	while IFS= read -r line; do
		[[ ! $line =~ ^(softtap|cat|rmmod):\  ]] || lines+=("$line")
	done <"$3"
	is "$2: one line" ${#lines[@]} 1
	like "$2: says so" "${lines[*]}" "$1"
}

wrong_command_line() {
	fails 2 '-w FILE' 'no file' softtap capture
	fails 2 'invalid option' 'unknown option' softtap capture -9 -w x.pcapng
	fails 2 '-c 0: ' 'no packets' softtap capture -c 0 -w x.pcapng
	fails 2 'duration:SECONDS' 'unknown -a' softtap capture -a filesize:1 -w x.pcapng
	fails 2 'duration:x' 'no number' softtap capture -a duration:x -w x.pcapng
	fails 2 '-s 9x: ' 'no snaplen' softtap capture -s 9x -w x.pcapng
	fails 2 '-s -1: ' 'a snaplen below 0' softtap capture -s -1 -w x.pcapng
	fails 2 '--direction c: ' 'no direction' softtap capture --direction c -w x.pcapng
	fails 2 'time or buffer' 'no order' softtap capture --order cpu -w x.pcapng
	ok 'nothing was made' test ! -e x.pcapng
}

wrong_filters() {
	echo before >x.pcapng
	fails 2 'filter .tcp port.: ' 'half an expression' softtap capture -w x.pcapng tcp port
	fails 2 'filter .vlan 5000.: ' 'no VLAN' softtap capture -w x.pcapng -f 'vlan 5000'
	fails 2 'filter .vlan and x.: ' 'no host' softtap capture -w x.pcapng vlan and x
	fails 2 'netmask not known' 'no netmask' softtap capture -w x.pcapng ip broadcast
	fails 2 'tcp: there is a filter already' 'two filters' softtap capture -f udp -w x.pcapng tcp
	fails 2 'tcp: there is a filter already' '-f twice' softtap capture -f udp -f tcp -w x.pcapng
	is 'the file is as it was' "$(<x.pcapng)" before
	rm x.pcapng
}

no_tap() {
	fails 1 'not loaded' 'no module' softtap capture -w x.pcapng
	load
	fails 1 'no tap tap0' 'no tap' softtap capture -w x.pcapng
	unload
	load tap=eth1:eth2
	fails 1 'no tap tap1' 'no such tap' softtap capture -i tap1 -w x.pcapng
}

no_permission() {
	chmod 777 .
	fails 1 'no permission' 'as nobody' \
		setpriv --reuid=65534 --regid=65534 --clear-groups softtap capture -w nobody.pcapng
	fails 1 'no permission' 'as nobody, with vlan in the filter' \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		softtap capture -w nobody.pcapng vlan 5 and ip
	fails 2 'filter .vlan and.: ' 'as nobody, half an expression' \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		softtap capture -w nobody.pcapng vlan and
	chgrp 65534 /dev/softtap/tap0
	ok 'the group may read' timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups \
		softtap capture -a duration:1 -w group.pcapng
	ok 'no file was made for those who may not' test ! -e nobody.pcapng
}

no_output() {
	fails 3 'no/such/x.pcapng.*No such file' 'no such directory' \
		softtap capture -w no/such/x.pcapng
	fails 3 'Is a directory' 'a directory' softtap capture -w /tmp
	mkdir full
	mount -t tmpfs -o size=256k full full
	start_reader full/full.pcapng
	send A "$SOFTTAP_OUT/plain"
	ended 'full disk' 3
	complains 'No space left' 'full disk' full.pcapng.log
	like 'full disk: what is not known is not said' "$(<full.pcapng.log)" \
		$'[0-9]+ packets captured\nunknown packets? received by filter\nunknown packets? dropped by kernel\n'
	like 'full disk: nor of a port' "$(<full.pcapng.log)" 'eth1: [1-9][0-9]* captured, unknown dropped'
	cp full/full.pcapng .
	umount full
	start_reader rest.pcapng
	like 'full disk: the next reader says that there is a rest' "$(<rest.pcapng.log)" \
		'^softtap: warning: .* packets from before'
	ok 'full disk: the next reader ends well' stop_reader
}

no_pipe() {
	local status=0
	# The other side leaves after the first bytes.
	mkfifo pipe
	head -c 100 pipe >/dev/null &
	start_reader - >pipe
	send A "$SOFTTAP_OUT/plain" 500
	ended 'pipe that nobody reads' 3
	complains 'Broken pipe' 'pipe that nobody reads' ./-.log
	script -qec 'softtap capture -w -' /dev/null >terminal </dev/null || status=$?
	is 'a terminal: exit status' $status 3
	like 'a terminal: says so' "$(<terminal)" 'not write a capture to a terminal'
}

# ended NAME STATUS - the reader ends by itself, so
ended() {
	local status=0
	within 60 test ! -e "/proc/$reader/fd/0" || kill -KILL "$reader"
	wait "$reader" || status=$?
	is "$1: exit status" $status "$2"
}

# While the reader stands still its buffer gets full.
missing_frames() {
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=2
	start_reader whole.pcapng --fail-on-loss
	ok 'nothing is missing' stop_reader
	start_reader missing.pcapng --fail-on-loss
	kill -STOP "$reader"
	send A "$SOFTTAP_OUT/plain"
	kill -CONT "$reader"
	kill -INT "$reader"
	ended 'frames are missing' 6
	like 'it says so' "$(<missing.pcapng.log)" $'\n''[1-9][0-9]* packets dropped by kernel'
	is 'what was received is what was captured and what was dropped' \
		"$(awk '/ captured$/ { c = $1 } / received by filter$/ { r = $1 } / dropped by kernel$/ { d = $1 }
			END { print r - c - d }' missing.pcapng.log)" 0
	unload
	load tap=eth1:eth2
}

second_reader() {
	start_reader first.pcapng
	fails 5 'has a reader already' 'a second reader' softtap capture -w second.pcapng
	ok 'its file was not made' test ! -e second.pcapng
	fails 1 'resource busy' 'cat beside it' cat /sys/kernel/debug/softtap/tap0/cpu0
	ok 'the first one goes on' stop_reader
	cat /sys/kernel/debug/softtap/tap0/cpu0 >/dev/null </dev/null &
	reader=$!
	within 60 marker_recorded "$(add_up a/{captured,filtered}_frames)"
	fails 5 'has a reader already' 'a reader beside cat' softtap capture -w second.pcapng
	kill "$reader"
	wait "$reader" || :
}

tap_goes() {
	start_reader gone.pcapng
	fails 1 'in use' 'rmmod with a reader' rmmod softtap
	send A "$SOFTTAP_OUT/plain"
	echo tap0 >$sysfs/remove
	ended 'the tap removed' 4
	complains 'tap0 went away' 'the tap removed' gone.pcapng.log
	ok 'the module can go then' unload
}

guest() {
	veth_topology
	wrong_command_line
	wrong_filters
	no_tap
	no_permission
	no_output
	no_pipe
	missing_frames
	second_reader
	tap_goes
}

verify() {
	ok 'full disk: what fitted is there' test "$(frames count full.pcapng)" -gt 100
	ok 'full disk: the next reader has what was left' frames starts plain full.pcapng,rest.pcapng
	ok 'the tap removed: all that was received is there' frames same plain gone.pcapng
	for name in full rest first group gone; do
		file_is_valid $name.pcapng
	done
}

run_test
