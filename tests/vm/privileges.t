#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: kmod/tap_device.[ch] userspace/60-softtap.rules userspace/reader/privileges.[ch]
# Covers: userspace/tap/relay.[ch]
#
# Who captures: members of the group that the rule for udev names, without root; with -Z a user
# that root becomes for good once the tap is open. Each has a whole account. And what the reader
# takes of memory: all of it locked, and no more after ten times the frames.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
frames=1000

prepare() {
	make-frames plain 1 $frames 1500 plain
}

# Users of this machine alone; the group of the rule and one more that must come along.
add_users() {
	groupadd --force --system softtap
	groupadd readers
	useradd --groups softtap,readers member
	useradd stranger
	install -d -o member member
	chmod 755 .
}

# The rule, and who goes by it: nobody else's rules.
start_udev() {
	mkdir -p rules /run/udev
	cp "$tests/../userspace/60-softtap.rules" rules
	mount --bind rules /lib/udev/rules.d
	/lib/systemd/systemd-udevd --daemon 2>udev.log
}

mode_of_node() {
	stat -c '%G %a' /dev/softtap/tap0
}

is_the_groups() {
	[ "$(mode_of_node)" = 'softtap 640' ]
}

# With all groups of the user, and nothing of root's.
plain=(--init-groups --inh-caps=-all --bounding-set=-all)
as_member=(setpriv --reuid member --regid member "${plain[@]}")
as_stranger=(setpriv --reuid stranger --regid stranger "${plain[@]}")

# captures FILE COMMAND… - by which the traffic is captured; sets $reader before it ends
captures() {
	local file=$1 before
	shift
	before=$(counter a/captured_frames)
	"$@" </dev/null 2>"${file##*/}.log" &
	reader=$!
	within 60 marker_recorded "$before"
	send A "$SOFTTAP_OUT/plain" "${rate:-2000}"
}

# status FIELD - what the kernel says of the reader, in the lines whose names match. All at once:
# after each line the shell seeks back to its end, and the kernel makes the file anew, in which that
# may be elsewhere ("R (running)", "S (sleeping)").
status() {
	local lines name value
	lines=$(<"/proc/$reader/status")
	while IFS=: read -r name value; do
		# shellcheck disable=SC2053,SC2086 # a pattern, words
		[[ $name != $1 ]] || echo $value
	done <<<"$lines"
}

test_group() {
	ok 'the node is the group'\''s' within 30 is_the_groups
	captures member/group.pcapng "${as_member[@]}" softtap capture -w member/group.pcapng
	is 'where softtap up wants a reader' "$(status Cpus_allowed_list)" 1
	ok 'a member of the group captures' stop_reader
	laws_hold
	is 'nothing is lost' "$(counter a/lost_frames)" 0
}

test_stranger() {
	local status=0
	"${as_stranger[@]}" softtap capture -w /tmp/stranger.pcapng 2>said </dev/null || status=$?
	is 'another user: exit status' $status 1
	is 'another user: one line' "$(<said)" \
		'softtap: no permission to read /dev/softtap/tap0: be root, or in the group it belongs to'
	ok 'another user: no file' test ! -e /tmp/stranger.pcapng
}

# With groups and capabilities that must not come along.
test_user() {
	captures member/user.pcapng setpriv --groups 0,4 --inh-caps=+net_admin \
		--ambient-caps=+net_admin softtap capture -Z member --cpu 1 --rt -w member/user.pcapng
	is '-Z: the user' "$(status Uid)" "$(id -u member | sed 's/.*/& & & &/')"
	is '-Z: the group' "$(status Gid)" "$(id -g member | sed 's/.*/& & & &/')"
	is '-Z: the groups' "$(status Groups | tr ' ' '\n' | sort)" "$(id -G member | tr ' ' '\n' | sort)"
	is '-Z: no capability' "$(status 'Cap[^B]*' | sort -u)" 0000000000000000
	is '-Z: none by programs either' "$(status NoNewPrivs)" 1
	is '-Z: --rt and --cpu came first' "$(chrt -p "$reader" | sed -n 's/.*policy: //p') $(status Cpus_allowed_list)" \
		'SCHED_FIFO 1'
	ok '-Z: locked in memory' [ "$(status VmLck | tr -dc 0-9)" -gt 1000 ]
	ok '-Z: ends well' stop_reader
	is '-Z: the file is the user'\''s' "$(stat -c '%U %G %a' member/user.pcapng)" 'member member 600'
	laws_hold
}

# start_snapshot FILE OPTION… - waits for the signal USR1, as $reader
start_snapshot() {
	softtap snapshot -Z member --on-signal USR1 -w "$@" </dev/null 2>snapshot.log &
	reader=$!
	ok 'snapshot -Z: waits' within 30 grep -q ^waiting snapshot.log
	is 'snapshot -Z: the user' "$(status Uid)" "$(id -u member | sed 's/.*/& & & &/')"
	is 'snapshot -Z: no capability' "$(status 'Cap[^B]*' | sort -u)" 0000000000000000
}

test_snapshot() {
	local status=0
	echo flight >$sysfs/tap0/policy
	start_snapshot member/snapshot.pcapng
	is 'snapshot: where softtap up wants a reader' "$(status Cpus_allowed_list)" 1
	send A "$SOFTTAP_OUT/plain" 2000
	kill -USR1 $reader
	ok 'snapshot -Z: ends well' wait $reader
	is 'snapshot -Z: the file is the user'\''s' "$(stat -c '%U %G' member/snapshot.pcapng)" 'member member'
	start_snapshot root.pcapng --cpu 0
	is 'snapshot --cpu: there' "$(status Cpus_allowed_list)" 0
	kill -USR1 $reader
	wait $reader || status=$?
	is 'snapshot -Z: where the user may not write' $status 3
	echo wire >$sysfs/tap0/policy
	ok 'what flight left is taken away' softtap capture -a duration:0.2 -w left.pcapng
}

# refused STATUS PATTERN COMMAND…
refused() {
	local expected=$1 pattern=$2 status=0
	shift 2
	timeout 60 "$@" 2>said </dev/null || status=$?
	is "${*: -4}: refused, exit status" $status "$expected"
	like "${*: -4}: says why" "$(<said)" "$pattern"
}

test_not_that_user() {
	refused 2 '^softtap: -Z nosuch: there is no such user$' softtap capture -Z nosuch -w no.pcapng
	refused 1 '^softtap: -Z stranger: only root becomes somebody else$' \
		"${as_member[@]}" softtap capture -Z stranger -w member/no.pcapng
	refused 3 '^softtap: cannot write root.pcapng: Permission denied' \
		softtap capture -Z member -w root.pcapng
	ok 'no file was made' test ! -e no.pcapng -a ! -e member/no.pcapng -a ! -e root.pcapng
	ok '-Z, who it is already' "${as_member[@]}" softtap capture -Z member -a duration:0.2 -w member/self.pcapng
	ok '-Z root changes nothing' softtap capture -Z root -a duration:0.2 -w root.pcapng
}

# Reads standard input slowly.
read_slowly() {
	perl -e 'while (sysread STDIN, $_, 65536) { select undef, undef, undef, 0.02 }'
}

test_memory() {
	local own before after
	mkfifo pipe
	read_slowly <pipe &
	captures memory.pcapng softtap capture -w pipe
	own=$(own_mappings)
	all_buffers_used
	before="$(status VmHWM) $(status RssAnon)"
	for _ in {1..10}; do
		send A "$SOFTTAP_OUT/plain"
	done
	after="$(status VmHWM) $(status RssAnon)"
	echo "# most in memory, anonymous: $before"
	is 'ten times as much takes no more memory' "$after" "$before"
	is 'nothing of its own was mapped, and not locked, since it began' "$(own_mappings)" "$own"
	stop_reader || :
}

# The reader's mappings without those of the tap.
own_mappings() {
	grep -v /dev/softtap "/proc/$reader/maps"
}

# Both processors have recorded more than their buffers hold.
all_buffers_used() {
	local cpu
	for cpu in 0 1; do
		taskset -c $cpu ip netns exec A send-frames a0 "$SOFTTAP_OUT/plain"
	done
	within 60 maps_buffers
}

# They, and the control area.
maps_buffers() {
	[ "$(grep -c /dev/softtap/tap0 "/proc/$reader/maps")" = 3 ]
}

guest() {
	add_users
	start_udev
	# What it sends for others it sends from here: the other one is the reader's.
	taskset -cp 0 $$ >/dev/null
	veth_topology
	load subbuf_kb=128 subbufs=4
	softtap up --cpus reader=1 eth1 eth2
	test_group
	test_stranger
	test_user
	test_snapshot
	test_not_that_user
	test_memory
	cp member/*.pcapng .
	softtap down
}

verify() {
	local name
	for name in group user; do
		ok "$name: all that was received is there" frames same plain $name.pcapng
		file_is_valid $name.pcapng
	done
	ok 'snapshot: the last that were received are there' frames cut 0 plain \
		snapshot.pcapng $((frames - $(frames count snapshot.pcapng))) $frames
	file_is_valid snapshot.pcapng
}

run_test
