#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: tests/run tests/lib/select.sh tests/lib/Results.pm tests/tools/timed
#
# Which tests tests/run runs, in which order, for a pattern and for a change, and what it keeps of
# them: on tests of a repository made for that. And that each test of this one says what it must.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
top=$tests/..

. "$tests/lib/tap.sh"
. "$tests/lib/select.sh"

# What no test covers, as .ci/run and make test-long run it themselves.
elsewhere=(scripts/setup scripts/check scripts/demo scripts/build-kernel scripts/suite-kernel scripts/suites.sh
	scripts/suite-debug scripts/foreign-system scripts/matrix 'scripts/kernel-*.config')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SOFTTAP_KERNEL SOFTTAP_LONG SOFTTAP_CORPUS

### Of this repository.

# Those that lack a line or say no number.
without() {
	local file
	for file in tests/*/*.t; do
		sed '/^#/!q' "$file" | grep -qE "^# $1" || echo "$file"
	done
}

uncovered() {
	local file patterns
	read -ra patterns -d '' < <(headers | cut -d ' ' -f 3-) || :
	git ls-files -co --exclude-standard kmod uapi userspace scripts tests/nic | while read -r file; do
		covered "$file" "${patterns[@]}" "${elsewhere[@]}" || [[ ! -e $file || $file == */.gitignore ]] ||
			echo "$file"
	done
}

# Patterns that nothing matches: what they meant has another name now.
stale() {
	local pattern
	headers | cut -d ' ' -f 3- | tr ' ' '\n' | sort -u | while read -r pattern; do
		compgen -G "$pattern" >/dev/null || echo "$pattern"
	done
}

test_headers() {
	cd "$top"
	is 'each test says how long it takes' "$(without 'Seconds: [1-9][0-9]*$')" ''
	is 'each test says what it covers' "$(without 'Covers: [^ ]')" ''
	is 'no two tests have the same name' "$(basename -a tests/*/*.t | sort | uniq -d)" ''
	is 'each source file is covered by a test' "$(uncovered)" ''
	is 'what is covered exists' "$(stale)" ''
}

### Of one made for this.

# make_test NAME SECONDS PATTERN…
make_test() {
	mkdir -p "$(dirname "tests/$1")"
	printf '#!/bin/sh\n# Seconds: %s\n# Covers: %s\n\necho ok - it\necho 1..1\n' "$2" "${*:3}" \
		>"tests/$1"
	chmod +x "tests/$1"
}

commit() {
	git add -A
	git -c user.name=test -c user.email=test@localhost commit -qm "$1"
}

make_repository() {
	mkdir "$work/tree"
	cd "$work/tree"
	git init -q -b main
	mkdir -p tests/lib tests/tools kmod userspace/capture scripts
	cp "$tests/run" tests
	cp "$tests/lib/select.sh" "$tests/lib/Results.pm" tests/lib
	cp "$tests/tools/timed" tests/tools
	make_test unit/quick.t 2 'userspace/capture/*'
	make_test vm/middle.t 100 'kmod/f*' userspace/a.c
	make_test vm/shorter.t 80 kmod/forward.c
	make_test vm/longer.t 130 kmod/forward.c
	make_test vm/longest.t 500 'kmod/*'
	echo '# lib/used.sh' >>tests/vm/shorter.t
	touch kmod/{forward,tap}.c userspace/a.c userspace/capture/merge.c tests/lib/used.sh README
	echo tests/out >.gitignore
	commit all
}

# The names of the tests that would run.
list() {
	tests/run --list "$@" 2>said | sed 's,.*/\(.*\)\.t,\1,' | paste -sd ' '
}

test_patterns() {
	is 'without a pattern: all, those that take longest first' "$(list)" \
		'longest longer middle shorter quick'
	is 'a pattern' "$(list long)" 'longest longer'
	is 'several' "$(list unit/ middle)" 'middle quick'
	is 'on one kernel: those in machines' "$(list --kernel 6.1)" 'longest longer middle shorter'
	ok 'none: an error' sh -c '! tests/run --list nonsense'
}

# changes NAME TESTS FILE… - when these files have changed, these tests run.
changes() {
	local file
	for file in "${@:3}"; do
		mkdir -p "$(dirname "$file")"
		echo >>"$file"
	done
	is "$1" "$(list --changed)" "$2"
	git checkout -q .
	git clean -qfd
}

test_changed() {
	changes 'nothing changed' 'tests/run: this change concerns no test'
	changes 'one that covers the file' middle userspace/a.c
	changes 'a * stands for no /' quick userspace/capture/merge.c
	changes 'what git does not know yet' quick userspace/capture/new.c
	changes 'for three minutes, the quickest' 'middle shorter' kmod/forward.c
	changes 'none that is too long by itself' 'tests/run: this change concerns no test' kmod/tap.c
	changes 'but a test that changed' longest tests/vm/longest.t
	changes 'a test of what it uses' shorter tests/lib/used.sh
	echo >>kmod/forward.c
	echo >>README
	list --changed >listed
	like 'it says what it leaves out' "$(<said)" 'left out for want of time: tests/vm/longest.t, 500'
	like 'it says what no test covers' "$(<said)" 'no test covers README'
	commit 'something'
	is 'since a revision' "$(list --changed HEAD~1)" 'middle shorter'
	is 'since HEAD, if there is no upstream' "$(list --changed)" \
		'tests/run: this change concerns no test'
	git branch -q before HEAD~1
	git branch -q --set-upstream-to before
	is 'since upstream, if there is' "$(list --changed)" 'middle shorter'
	ok 'no such revision: an error' sh -c '! tests/run --list --changed nonsense'
}

# What is said when it took that long.
slower() {
	perl -Itests/lib -MResults -e 'Results::show_slower({file => $ARGV[0], wall => $ARGV[1]})' \
		tests/vm/longer.t "$1"
}

test_results() {
	PERL5LIB=tests/lib prove --harness Results --exec tests/tools/timed tests/*/*.t >said 2>&1 ||
		diag "$(<said)"
	is 'a line for each test' "$(awk '{ print $3, $4, $7, $8 }' tests/out/results | head -n 1)" \
		'- ok 1 tests/unit/quick.t'
	is 'all of them' "$(wc -l <tests/out/results)" 5
	like 'the last line is the summary' "$(tail -n 1 said)" '^Result: PASS'
	like 'the slowest come before' "$(<said)" 'The slowest'
	is 'times of all of a test' "$(cut -d ' ' -f 1,2 tests/out/longest/times)" 'all total'
	printf '#!/bin/sh\n# Seconds: 20\necho not ok\necho 1..1\n' >tests/vm/longer.t
	PERL5LIB=tests/lib prove --harness Results --exec tests/tools/timed tests/vm/longer.t \
		>said 2>&1 || :
	is 'one that fails' "$(tail -n 1 tests/out/results | cut -d ' ' -f 4)" failed
	is 'one that takes much longer than it says' "$(slower 45; slower 46)" \
		'tests/vm/longer.t took 46 seconds, it says 20.'
}

main() {
	(test_headers)
	make_repository
	test_patterns
	test_changed
	test_results
}

main | number
