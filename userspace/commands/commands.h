/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_COMMANDS_H
#define SOFTTAP_COMMANDS_H

/* The subcommands: as main(), of what follows "softtap" on the command line. */
int softtap_capture(int argc, char **argv);
int softtap_check(int argc, char **argv);
int softtap_down(int argc, char **argv);
int softtap_post(int argc, char **argv);
int softtap_show(int argc, char **argv);
int softtap_snapshot(int argc, char **argv);
int softtap_stat(int argc, char **argv);
int softtap_up(int argc, char **argv);
int softtap_verify(int argc, char **argv);

#endif /* SOFTTAP_COMMANDS_H */
