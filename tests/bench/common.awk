# SPDX-License-Identifier: GPL-2.0
# For awk -f titles.awk -f common.awk -f PROGRAM: what the bench's tables share. How the
# alternatives were made, what the figures depend on, medians and quartiles.

$1 == "about" { about[++abouts] = $2 "\t" $3 }
$1 == "kernel" { banner = $2 }
$1 == "command" && !said[$2, $3]++ { commands[$2] = commands[$2] $3 "\n" }

function print_tsv_abouts(    i) {
	for (i = 1; i <= abouts; i++)
		print "# " about[i]
}

function print_md_abouts(    i, pair) {
	print ""
	for (i = 1; i <= abouts; i++) {
		split(about[i], pair, "\t")
		print "- " pair[1] ": " pair[2]
	}
}

# How the alternatives order[1…alternatives] are made.
function print_made(    i) {
	for (i = 1; i <= alternatives; i++) {
		print "# " title_of(order[i])
		printf "%s", commands[order[i]]
	}
}

# Sorts values[key, 1…n] into a[1…n]. Return: n.
function sorted(values, key, n,    i, j, t) {
	for (i = 1; i <= n; i++) {
		t = values[key, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	return n
}

# Of a[1…n], sorted: part is 0.5 for the median, 0.25 and 0.75 for the quartiles.
function quantile(n, part,    at, below) {
	at = 1 + (n - 1) * part
	below = int(at)
	return a[below] + (below < n ? (at - below) * (a[below + 1] - a[below]) : 0)
}
