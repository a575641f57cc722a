#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: userspace/man/* userspace/*.[ch] userspace/commands/* userspace/lib/options.[ch]
# Covers: userspace/Makefile scripts/build-userspace uapi/*
# Covers: kmod/main.c kmod/tap_sysfs.c uapi/softtap_counters.h
#
# The manual pages name what there is, and nothing else: softtap(8) every subcommand, option and
# exit status that the command tells of, softtap(4) every parameter, file, counter and call that
# the sources define. Needs neither root nor the module.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
top=$tests/..
[ "${SOFTTAP_BUILT:-}" ] || "$top/scripts/build-userspace" >&2 </dev/null

. "$tests/lib/tap.sh"

softtap=$top/userspace/softtap
commands=$top/userspace/man/softtap.8
module=$top/userspace/man/softtap.4

# Words on standard input, without quotes and commas, sorted, once each.
words() {
	tr -s '", \n' '\n' | sed '/./!d' | sort -u | paste -sd ' '
}

# section PAGE TITLE - the text of a section (.SH) or subsection (.SS)
section() {
	awk -v title="$2" '
		/^\.S[HS] / { on = substr($0, 5) == title; next }
		on' "$1" | sed 's/\\-/-/g'
}

# The subsections of a section.
subsections() {
	awk -v title="$2" '
		/^\.SH / { on = substr($0, 5) == title }
		on && /^\.SS / { print $2 }' "$1"
}

# tags PAGE SECTION - what its paragraphs are about: the line after each .TP
tags() {
	section "$1" "$2" | grep -A 1 '^\.TP' | sed -n 's/^\.[BIR]*  *//p'
}

# has NAME MANUAL SOURCE - both name the same; nothing at all is no answer.
has() {
	is "$1" "${2:-nothing in the manual}" "${3:-nothing in the sources}"
}

usage() {
	timeout 20 "$softtap" "$@" --help </dev/null
}

subcommands() {
	usage | awk '/^Subcommands:/ { on = 1; next } !NF { on = 0 } on { print $1 }'
}

# The options in lines of help, "-j, --json  …", and in tags, "-j ", " --json".
options() {
	tr -d '",' | grep -oE -- '(^| )--?[[:alpha:]-]+' | words
}

told_options() {
	usage "$1" | sed -n 's/^  \(-[^ ]* *\(--[^ ]*\)\?\).*/\1/p' | options
}

test_commands() {
	local subcommand
	has 'softtap(8): subcommands' "$(subsections "$commands" SUBCOMMANDS | words)" \
		"$(subcommands | words)"
	for subcommand in $(subcommands); do
		has "softtap(8): options of $subcommand" \
			"$(tags "$commands" "$subcommand" | options)" \
			"$(told_options "$subcommand")"
	done
	for subcommand in '' $(subcommands); do
		is "help${subcommand:+ of $subcommand} fits a terminal" \
			"$(usage ${subcommand:+"$subcommand"} | sed -n '/.\{81\}/p')" ''
	done
	is 'softtap help SUBCOMMAND is softtap SUBCOMMAND --help' \
		"$(timeout 20 "$softtap" help capture </dev/null)" "$(usage capture)"
	has 'softtap(8): exit statuses' "$(tags "$commands" 'EXIT STATUS' | words)" \
		"$(usage | sed -n 's/^  \([0-9]\)  .*/\1/p' | words)"
}

test_environment() {
	has 'softtap(8): variables of our own' \
		"$(tags "$commands" ENVIRONMENT | grep -o 'SOFTTAP_[A-Z_]*' | words)" \
		"$(grep -oh '"SOFTTAP_[A-Z_]*"' "$top"/userspace/{,*/}*.c | words)"
}

# What stands first in a tag: "tap" of "tap= A:B", "SOFTTAP_IOC_START".
names() {
	tags "$module" "$1" | grep -o '^[A-Za-z_/]*' | words
}

test_parameters() {
	has 'softtap(4): parameters' "$(names PARAMETERS)" \
		"$(sed -n 's/^module_param\(_named\)\?(\([a-z_]*\),.*/\2/p' "$top/kmod/main.c" | words)"
}

test_files() {
	has 'softtap(4): files in sysfs' \
		"$(names 'FILES IN /sys/kernel/softtap' | tr ' ' '\n' | sed 's,.*/,,' | words)" \
		"$(sed -n -e 's/^static struct kobj_attribute \([a-z_]*\)_attribute = .*/\1/p' \
			-e 's/^PORT_ATTRIBUTE(a, 0, \([a-z_]*\),.*/\1/p' "$top/kmod/tap_sysfs.c" | words)"
	has 'softtap(4): counters' "$(names COUNTERS)" \
		"$(sed -n 's/^\tX(\([a-z_]*\), .*/\1/p' "$top/uapi/softtap_counters.h" | words)"
	has 'softtap(4): ioctls' "$(names /dev/softtap/tapN)" \
		"$(sed -n 's/^#define \(SOFTTAP_IOC_[A-Z]*\)\t*_IO.*/\1/p' "$top/uapi/softtap.h" | words)"
}

main() {
	test_commands
	test_environment
	test_parameters
	test_files
}

main | number
