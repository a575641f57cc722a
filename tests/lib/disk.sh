# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests in the test machine: a disk in the directory disk, and a group of processes that may
# write to it only so fast.

slow_group=/sys/fs/cgroup/slow

# new_disk [OPTION…] - of mkfs.ext4, on $disk_device
disk_device=/dev/vda
new_disk() {
	mkfs.ext4 -qF "$@" $disk_device
	mkdir -p disk
	mount $disk_device disk
}

# make_slow_group BYTES - a second, past the page cache and through it
make_slow_group() {
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	echo '+io +memory' >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p $slow_group
	echo "$(stat -c %Hr:%Lr $disk_device) wbps=$1" >$slow_group/io.max
}

# Little may wait in the page cache: who writes there is slow at once.
little_cache() {
	sysctl -qw vm.dirty_bytes=2097152 vm.dirty_background_bytes=1048576
}

# slowly COMMAND… - becomes it, in the group
slowly() {
	echo $BASHPID >$slow_group/cgroup.procs
	exec "$@"
}
