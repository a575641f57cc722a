# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For the scripts that bring something of a Debian suite: sourced, with die() defined.

# The mirror that this machine has its own release from.
mirror() {
	local release uri
	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt's variables
	uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Identifier: Packages' |
		awk -v release="$release" '$2 == release && $3 == "main" { print $1; exit }')
	[ "$uri" ] || die "this machine has no package source for its own release"
	echo "$uri"
}

# in_suite COMMAND… - in the system in the directory $system. The kernel's tools read /proc; headers
# of some suites want their kernel, but nothing boots there.
in_suite() {
	# shellcheck disable=SC2016 # expanded by the shell inside
	INITRD=No DEBIAN_FRONTEND=noninteractive LC_ALL=C unshare --mount sh -ec 'system=$1; shift
		mount -t proc proc "$system/proc"
		exec chroot "$system" "$@"' sh "${system:?}" "$@" </dev/null
}
