# SPDX-License-Identifier: GPL-2.0
# usage: pahole -C STRUCTURE FILE | awk -v structure=STRUCTURE -f fields.awk
#
# The fields of a structure as lines: "field", structure, name, offset, size.

/\/\* +[0-9]+ +[0-9]+ \*\/$/ {
	offset = $(NF - 2)
	size = $(NF - 1)
	sub(/ *(\[[^;]*)?( __attribute__.*)?;.*/, "")
	sub(/.*[ *]/, "")
	print "field\t" structure "\t" $0 "\t" offset "\t" size
}
