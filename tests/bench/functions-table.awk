# SPDX-License-Identifier: GPL-2.0
# usage: awk -F '\t' -v sizes="60 1514" -f functions-table.awk FLOOR ALTERNATIVE
#
# The functions of an alternative that cost most beyond what they cost in the
# floor, as a table. Input: lines of functions.awk.

function beyond(name, k) {
	return here[size[k], name] - floor[size[k], name]
}

# Prints the row of the most expensive function that is left. Return: there was one.
function print_most(    name, most, best, k) {
	best = 0.5
	most = ""
	for (name in left)
		if (beyond(name, 1) > best) {
			best = beyond(name, 1)
			most = name
		}
	if (most == "")
		return 0
	delete left[most]
	printf "| %s |", most
	for (k = 1; k <= count; k++)
		printf " %.1f |", beyond(most, k)
	print ""
	return 1
}

# Prints the sum over functions that are not in the table yet: sign 1, those that
# cost more here than in the floor; sign -1, those that cost less; 0, over all.
function print_sum(title, sign,    name, k, sum) {
	printf "| %s |", title
	for (k = 1; k <= count; k++) {
		sum = 0
		for (name in seen)
			if (!sign || (name in left && sign * beyond(name, k) > 0))
				sum += beyond(name, k)
		printf " %.1f |", sum
	}
	print ""
}

FNR == 1 { file++ }
{ seen[$2] = left[$2] = 1 }
file == 1 { floor[$1, $2] = $3 }
file == 2 { here[$1, $2] = $3 }

END {
	count = split(sizes, size, " ")
	printf "| function |"
	for (k = 1; k <= count; k++)
		printf " %d bytes |", size[k]
	printf "\n| --- |"
	for (k = 1; k <= count; k++)
		printf " ---: |"
	print ""
	for (rows = 0; rows < top && print_most(); rows++)
		;
	print_sum("others", 1)
	print_sum("what the floor does and this does not", -1)
	print_sum("**all**", 0)
}
