#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: Kbuild kmod/compat/compat.h
#
# What Kbuild makes of a kernel's headers: it refuses one that is too old in one line, finds what
# kernels differ in by what is in the headers, whatever the version says, and tells kmod/compat/
# nothing that is not asked there.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
top=$tests/..

. "$tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
headers=$work/include

# header NAME TEXT - puts it into a header of the kernel
header() {
	mkdir -p "$(dirname "$headers/$1")"
	echo "$2" >>"$headers/$1"
}

# Headers in which Kbuild looks for words.
oldest() {
	local each
	rm -rf "$headers"
	header linux/netfilter_netdev.h ''
	for each in linux/{mm,netdevice,local_lock,relay,skbuff}.h net/{ipv6,sch_generic}.h; do
		header "$each" ''
	done
}

kbuild() {
	make -C "$work" --no-print-directory -rR -f "$top/Kbuild" srctree="$work" src="$top" \
		KERNELRELEASE="$1" "${@:2}" 2>&1 </dev/null
}

# The definitions that objects get, with such a kernel.
# shellcheck disable=SC2016 # make's variable
found() {
	kbuild "$1" --eval='flags:;@echo $(ccflags-y)' flags | tr ' ' '\n' | sed -n 's/^-D//p' | sort |
		paste -sd' '
}

too_old() {
	local status=0
	rm -rf "$headers"
	kbuild 5.10.0-40-amd64 >"$work/words" || status=$?
	is 'headers before 6.1 are refused' $status 2
	like '... in one line that says why' "$(<"$work/words")" \
		'softtap needs Linux 6.1 or newer, this kernel is 5.10.0-40-amd64'
	is '... and in no other' "$(wc -l <"$work/words")" 1
}

# A word that only begins or ends so is another one.
differences() {
	oldest
	is 'of the oldest nothing is found' "$(found 6.1.0)" ''
	header net/gso.h ''
	header linux/local_lock.h '#define local_lock_nested_bh(lock)'
	header linux/relay.h 'size_t prev_padding_of;'
	is 'what is in the headers is found, whatever the version' "$(found 6.1.0)" \
		'HAVE_LOCAL_LOCK_NESTED_BH HAVE_NET_GSO_H'
	header linux/relay.h 'size_t prev_padding);'
	header linux/skbuff.h 'static inline bool skb_frags_readable(const struct sk_buff *skb)'
	header net/sch_generic.h 'struct llist_head defer_list;'
	is 'more of it' "$(found 7.3.4)" 'HAVE_LOCAL_LOCK_NESTED_BH HAVE_NET_GSO_H HAVE_QDISC_DEFER_LIST HAVE_RELAY_PREV_PADDING HAVE_SKB_FRAGS_READABLE'
}

# The names on both sides are the same.
names() {
	is 'each that Kbuild looks for is asked in kmod/compat/, and no other' \
		"$(grep -oE '\<HAVE_[A-Z0-9_]+' "$top/kmod/compat/compat.h" | sort -u)" \
		"$(sed -nE 's/.*call (has|in)-header,.*,([A-Z0-9_]+)\)$/HAVE_\2/p' "$top/Kbuild" | sort -u)"
	is 'nobody else asks' "$(grep -lE '\<HAVE_' "$top"/kmod/*.[ch])" ''
}

{
	too_old
	differences
	names
} | number
