// SPDX-License-Identifier: GPL-2.0
#include "main.h"
#include "message.h"

int softtap_down(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	msg_error("not there yet");
	return EXIT_FAILED;
}
