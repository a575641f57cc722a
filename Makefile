# SPDX-License-Identifier: GPL-2.0
# What a user asks for. How the module is compiled: Kbuild, scripts/build-module;
# the commands: userspace/Makefile.
#
#   make                 the module for the running kernel, and the softtap command
#   make KVER=VERSION    for another installed kernel's headers
#   make KDIR=DIRECTORY  for a kernel's build tree
#   make install         both, and the manual pages (DESTDIR= and PREFIX= are honoured)
#   make demo            a tap between two hosts in a virtual machine
#   make test            every test
#   make test-long       with the full counts, then in machines with the debug kernel; what no
#                        test describes, at random; some tests on kernels of other Debian suites;
#                        whether the test machine stays alive
#   make fuzz            mutated captures for softtap verify, and mutated buffers for the
#                        reader's merge, SECONDS=60 long each
#   make check           builds without warnings on all kernels, style, static analysis
#   make bench           what a frame costs, beside the alternatives, all that is measured
#   make bench-quick     the kernel part of it, held against the results

KVER ?=
KDIR ?=
BUILD ?=
PREFIX ?= /usr/local
export KVER KDIR BUILD PREFIX DESTDIR

all: module userspace

module:
	@+scripts/build-module

userspace:
	@+scripts/build-userspace

install: all
	@scripts/install

check:
	@scripts/check

test:
	@tests/run

# What kernels of today differ in; the lock that recording takes on real-time ones, too.
test-newest:
	@tests/run --kernel trixie-backports attached several-taps skb-read overtake
	@tests/run --kernel trixie-backports-rt threaded

test-long:
	@tests/run --long
	@tests/run --kernel debug
	@tests/stress/module
	@scripts/matrix
	@tests/stress/machine

fuzz:
	@tests/fuzz/run $(SECONDS)

demo:
	@scripts/demo

bench:
	@tests/bench/run

bench-quick:
	@tests/bench/cost --quick

clean:
	$(MAKE) -C userspace clean
	rm -rf build softtap.ko

.PHONY: all module userspace install check test test-newest test-long fuzz demo bench bench-quick clean
