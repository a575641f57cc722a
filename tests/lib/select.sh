# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests/run: which tests, by what they say at their beginning, and in which order. In the
# top directory.
#
#	# Seconds: 45
#	# Covers: kmod/capture* userspace/reader/merge.[ch]

# What two at a time may take together in three minutes, beside building and booting.
budget=280

# "TEST SECONDS PATTERN…", a line each, of those that run with this kernel.
headers() {
	awk -v machines="${SOFTTAP_KERNEL:-}" '
		function show() {
			if (test && !(machines && test ~ "^tests/unit/"))
				print test, seconds + 0 covers
		}
		FNR == 1 { show(); test = FILENAME; seconds = 0; covers = "" }
		!/^#/ { nextfile }
		/^# Seconds: / { seconds = $3 }
		/^# Covers: / { sub(/^# Covers:/, ""); covers = covers $0 }
		END { show() }' tests/*/*.t
}

# Those that take longest first: two at a time, they end about together.
longest_first() {
	sort -k 2,2nr -k 1,1 | cut -d ' ' -f 1
}

# Those whose path contains a pattern.
matching() {
	local test seconds pattern
	headers | while read -r test seconds _; do
		for pattern in "${@:-}"; do
			[[ $test != *"$pattern"* ]] || { echo "$test $seconds"; break; }
		done
	done | longest_first
}

# What changed since a revision, whether git has it already or not.
changed_since() {
	git diff --name-only --no-renames "$1" -- &&
		git ls-files --others --exclude-standard
}

# covered FILE PATTERN… - by one of these patterns, of the shell's kind
covered() {
	local pattern
	for pattern in "${@:2}"; do
		# shellcheck disable=SC2053
		[[ $1 == $pattern && ${1//[^\/]/} == "${pattern//[^\/]/}" ]] && return
	done
	return 1
}

# names TEST FILE - does it name that file of tests/lib or tests/tools?
names() {
	[[ $2 == tests/@(lib|tools)/* ]] && grep -qw "$(basename "$2" .c)" "$1"
}

# "TEST SECONDS RANK" of the tests that the changed files concern: 0 changed itself, 1 covers one
# of them, 2 uses one.
concerned() {
	local test seconds patterns file rank
	headers | while read -r test seconds patterns; do
		read -ra patterns <<<"$patterns"
		rank=3
		for file; do
			[ $rank -le 2 ] || ! names "$test" "$file" || rank=2
			[ $rank -le 1 ] || ! covered "$file" "${patterns[@]}" || rank=1
			[ "$file" != "$test" ] || rank=0
		done
		[ $rank = 3 ] || echo "$test $seconds $rank"
	done
}

# Those of lowest rank, the quickest first, until the time is full. Who changed runs anyway; of the
# others, none may take more than half, as it would be alone in the end.
in_time() {
	local test seconds rank sum=0
	sort -k 3,3n -k 2,2n -k 1,1 | while read -r test seconds rank; do
		if [ "$rank" -gt 0 ] && ((seconds * 2 > budget || sum + seconds > budget)); then
			echo "tests/run: left out for want of time: $test, $seconds seconds" >&2
		else
			sum=$((sum + seconds))
			echo "$test $seconds"
		fi
	done
}

# Says which of the files no test covers.
tell_uncovered() {
	local file all
	read -ra all -d '' < <(headers | cut -d ' ' -f 1,3-) || :
	for file; do
		covered "$file" "${all[@]}" || [[ $file == tests/* ]] ||
			echo "tests/run: no test covers $file" >&2
	done
}

# concerned_by [REV] - the tests that the change since then concerns
concerned_by() {
	local since=$1 files
	[ "$since" ] || since=$(git merge-base HEAD '@{upstream}' 2>/dev/null) || since=HEAD
	files=$(changed_since "$since") || return 2
	[ "$files" ] || return 0
	mapfile -t files <<<"$files"
	tell_uncovered "${files[@]}"
	concerned "${files[@]}" | in_time | longest_first
}
