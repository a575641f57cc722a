/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_STATUS_H
#define SOFTTAP_STATUS_H

/**
 * enum softtap_exit - exit statuses of every subcommand
 * @EXIT_OK: done
 * @EXIT_FAILED: it did not work, standard error says why
 * @EXIT_USAGE: the command line was not understood, nothing was done
 * @EXIT_OUTPUT: the output could not be written
 * @EXIT_GONE: the tap went away meanwhile
 * @EXIT_BUSY: in use by somebody else: another reader, another up or down
 * @EXIT_LOSS: frames are missing, and that was to be a failure
 * @EXIT_NEARLY: the ports are transparent, but for something
 * @EXIT_NOT_TRANSPARENT: the ports are not
 * @EXIT_NOT_EXECUTABLE: a command to run cannot be run, as a shell has it
 * @EXIT_NOT_FOUND: there is no command of that name, as a shell has it
 */
enum softtap_exit {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,
	EXIT_USAGE	= 2,
	EXIT_OUTPUT	= 3,
	EXIT_GONE	= 4,
	EXIT_BUSY	= 5,
	EXIT_LOSS	= 6,
	EXIT_NEARLY	= 7,
	EXIT_NOT_TRANSPARENT = 8,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND	= 127,
};

#endif /* SOFTTAP_STATUS_H */
