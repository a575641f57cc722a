# SPDX-License-Identifier: GPL-2.0
# What the alternatives are called in tables (see alternatives.sh).

function title_of(name) {
	return name in title ? title[name] : name
}

BEGIN {
	title["drop"] = "tc drop: the floor, all of it"
	title["flood"] = "Linux bridge, receiver unknown"
	title["bridge"] = "Linux bridge, receiver known"
	title["mirred"] = "tc mirred redirect"
	title["mirror"] = "tc mirror to a dummy, and redirect"
	title["xdpgeneric"] = "XDP redirect, generic"
	title["xdp"] = "XDP redirect, native, out to a veth"
	title["forward"] = "softtap, forward only (no reader)"
	title["unguarded"] = "the same, guard=0"
	title["record"] = "softtap, forward and record"
	title["capture"] = "the same, `softtap capture` writes to a disk meanwhile"
}
