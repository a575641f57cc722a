# SPDX-License-Identifier: GPL-2.0
# usage: awk -F '\t' -f drivers.awk LOG
#
# From the lines of tests/bench/drivers-guest, for each model, alternative and size, the median,
# least and most over the rounds of: frames a doorbell, frames a transmit interrupt, frames a poll;
# and the most frames in a poll.

function part(frames, times) {
	return times ? frames / times : frames
}

$1 == "round" {
	key = $2 "\t" $3 "\t" $4
	if (!rounds[key]++)
		order[++keys] = key
	figure[key, 1, rounds[key]] = part($5, $6)
	figure[key, 2, rounds[key]] = part($5, $7)
	figure[key, 3, rounds[key]] = part($5, $8)
	if ($9 > most[key])
		most[key] = $9
}

# The rounds' figures in order, as text: median, least, most.
function spread(key, which,    i, j, n, a, t) {
	n = rounds[key]
	for (i = 1; i <= n; i++) {
		t = figure[key, which, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	return sprintf("%.2f\t%.2f\t%.2f", a[int((n + 1) / 2)], a[1], a[n])
}

END {
	for (k = 1; k <= keys; k++)
		print order[k] "\t" spread(order[k], 1) "\t" spread(order[k], 2) "\t" \
		      spread(order[k], 3) "\t" most[order[k]]
	exit !keys
}
