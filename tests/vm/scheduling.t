#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 27
# Covers: userspace/reader/scheduling.[ch] userspace/host/placement.[ch]
#
# Where the reader runs, and how urgently: --cpu has it on processors, before what softtap up has
# set aside; --rt gives it real-time priority on processors that do not receive, and only there.
# When they begin to, the priority goes and the capture goes on.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth3   softtap   eth4 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
#	 processor 0       | eth0   a card         |       processor 1
#	                   +-----------------------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

cards='--nic e1000e --nic e1000e'
machines=("--kernel 6.1 --smp 2 $cards" "--kernel 6.12 --smp 2 $cards")

prepare() {
	make-frames plain 1 60 1500 plain
}

topology() {
	add_namespaces
	modprobe veth
	ip link add a0 netns A type veth peer name eth3
	ip link add b0 netns B type veth peer name eth4
	in_a ip link set a0 up
	in_b ip link set b0 up
}

# refused STATUS PATTERN OPTION… - one line that matches, and no file
refused() {
	local expected=$1 pattern=$2 status=0
	shift 2
	timeout 60 "${by[@]}" softtap capture -a duration:2 -w refused.pcapng "$@" 2>said </dev/null || status=$?
	is "$*: refused, exit status" $status "$expected"
	is "$*: one line" "$(wc -l <said)" 1
	like "$*: says why" "$(<said)" "$pattern"
	ok "$*: no file" test ! -e refused.pcapng
}

by=()

# runs_on LIST, scheduled POLICY - so is the reader
runs_on() {
	[ "$(taskset -cp "$reader" | sed 's/.*: //')" = "$1" ]
}

scheduled() {
	[ "$(chrt -p "$reader" | sed 's/.*: //' | paste -sd ' ')" = "$1" ]
}

test_place() {
	softtap up --cpus rx=0,reader=0 eth3 eth4 2>up.log
	start_reader place.pcapng --cpu 1
	ok '--cpu: the reader runs there, not where softtap up wants it' runs_on 1
	ok 'it is scheduled as any' scheduled 'SCHED_OTHER 0'
	ok '--cpu: ends well' stop_reader
	start_reader place.pcapng --cpu 0-1
	ok '--cpu 0-1: the reader may run on both' runs_on 0,1
	ok '--cpu 0-1: ends well' stop_reader
	refused 1 '--rt on processor 0, which receives.* --cpus rx=.*: give another by --cpu$' --rt
	refused 2 '--cpu: processor 5 is not there' --cpu 5
	refused 2 '--cpu 1-: must be' --cpu 1-
	refused 2 '--rt=100: must be' --cpu 1 --rt=100
	refused 2 '--rt=: must be' --cpu 1 --rt=
}

# A group of processes that has one of the processors.
test_not_allowed() {
	local group=/sys/fs/cgroup/one
	echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
	mkdir $group
	echo 0 >$group/cpuset.cpus
	# shellcheck disable=SC2016
	by=(sh -c "echo \$\$ >$group/cgroup.procs; exec \"\$@\"" sh)
	refused 1 'cannot run on processor 1: Invalid' --cpu 1
	refused 1 'may run on processor 0 alone' --cpu 0-1
	by=()
}

# What everybody may not, a limit allows.
test_permission() {
	chgrp 65534 /dev/softtap/tap0
	chmod 777 .
	by=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	refused 1 '--rt: no permission' --cpu 1 --rt
	ok '--rt where the limit allows it' prlimit --rtprio=1 \
		timeout 60 "${by[@]}" softtap capture --cpu 1 --rt -a duration:0.5 -w nobody.pcapng
	by=()
}

test_urgent() {
	refused 1 '--rt needs a processor .*--cpu' --rt
	start_reader urgent.pcapng --cpu 1 --rt=7
	ok '--rt=7: real-time' scheduled 'SCHED_FIFO 7'
	ok '--rt=7: ends well' stop_reader
	refused 1 '--rt on processor 0, which receives.* recorded' --cpu 0-1 --rt
	start_reader harmful.pcapng --cpu 1 --rt
	send A "$SOFTTAP_OUT/plain" 500
	ok '--rt: real-time, as long as others receive' scheduled 'SCHED_FIFO 1'
	is '--rt: no warning' "$(grep -c warning harmful.pcapng.log || :)" 0
	taskset -c 1 ip netns exec B send-frames b0 "$SOFTTAP_OUT/plain" 500
	ok 'its own processor receives: it is as any' within 30 scheduled 'SCHED_OTHER 0'
	send A "$SOFTTAP_OUT/plain"
	ok 'it ends well' stop_reader
	is 'one warning' "$(grep -c 'warning: processor 1 receives now' harmful.pcapng.log)" 1
	laws_hold
}

# Where interrupts go, as the kernel has it.
test_interrupts() {
	softtap down
	load tap=eth0
	port_up 1
	refused 1 '--rt on processor 0, which receives eth0: give another by --cpu$' --cpu 0 --rt
	ok '--rt on the other one' timeout 60 \
		softtap capture --cpu 1 --rt -a duration:0.5 -w other.pcapng
	port_up 2
	refused 1 '--rt on processor 1, which receives eth0' --cpu 1 --rt
	unload
}

# port_up MASK - with its interrupts, which are new then, on these processors
port_up() {
	ip link set eth0 down
	echo "$1" >/proc/irq/default_smp_affinity
	ip link set eth0 up
}

guest() {
	topology
	test_place
	test_not_allowed
	# What it sends for others it sends from here. Groups of processes may have forgotten before.
	taskset -cp 0 $$ >/dev/null
	softtap down
	softtap up eth3 eth4
	test_permission
	test_urgent
	test_interrupts
}

verify() {
	ok 'all of A is there' frames same plain,plain harmful.pcapng:0
	ok 'all of B is there' frames same plain harmful.pcapng:1
}

run_test
