# SPDX-License-Identifier: GPL-2.0
# usage: awk -F '\t' -f delay.awk LOG DELAYS LOG DELAYS...
#
# What tests/bench/delay-guest printed and what the plugin wrote (delay.c), two files for
# each machine, together as lines: alternative, from, size, frames, median, 99 %, maximum.
# Exit status 1: the plugin saw other frames than were sent.

FNR == 1 { file++ }
file % 2 && $1 == "pair" {
	pairs[file]++
	name[file, pairs[file]] = $2
	size[file, pairs[file]] = $3
	frames[file, pairs[file]] = $4
}
file % 2 { next }
{ split($0, word, " ") }
word[1] == "=" { pair = word[2]; next }
frames[file - 1, pair] {
	key = name[file - 1, pair] "\t" word[1] "\t" size[file - 1, pair]
	if (!(key in seen))
		order[++keys] = key
	seen[key] += word[3]
	count[key, word[2]] += word[3]
	if (!((key, word[2]) in value))
		list[key, ++values[key]] = word[2]
	value[key, word[2]] = 1
}

# The delays that were seen, by size.
function sort_values(key,    i, j, t) {
	for (i = 2; i <= values[key]; i++) {
		t = list[key, i]
		for (j = i; j > 1 && list[key, j - 1] > t; j--)
			list[key, j] = list[key, j - 1]
		list[key, j] = t
	}
}

# The least delay that part of all frames do not exceed.
function percentile(key, part,    i, sum) {
	for (i = 1; i < values[key]; i++) {
		sum += count[key, list[key, i]]
		if (sum >= part * seen[key])
			break
	}
	return list[key, i]
}

function check(    each, at, key, sent) {
	for (each in frames) {
		split(each, at, SUBSEP)
		key = size[each] "\t" name[each]
		sent[key] += frames[each]
	}
	for (key in seen) {
		split(key, at, "\t")
		if (seen[key] != sent[at[3] "\t" at[1]]) {
			print "delay: " key ": " seen[key] " of " sent[at[3] "\t" at[1]] " frames" > "/dev/stderr"
			bad = 1
		}
	}
	for (key in sent) {
		split(key, at, "\t")
		if (!((at[2] "\thandler\t" at[1]) in seen) || !((at[2] "\tarrival\t" at[1]) in seen)) {
			print "delay: " key ": no frame was seen" > "/dev/stderr"
			bad = 1
		}
	}
}

END {
	check()
	for (k = 1; k <= keys; k++) {
		key = order[k]
		sort_values(key)
		print key "\t" seen[key] "\t" percentile(key, 0.5) "\t" percentile(key, 0.99) "\t" \
		      list[key, values[key]]
	}
	exit bad
}
