// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of drivers, a line each, read in the sources of Linux 6.1 and 6.12. A driver that
 * is not in here is unknown, and may do anything.
 */
#include <string.h>

#include "host/drivers.h"
#include "lib/util.h"

static const struct driver_fact facts[] = {
	{ "e100", "hands up broken frames, and sends a given FCS",
	  "ethernet/intel/e100.c, e100_probe()" },
	{ "e1000", "hands up broken frames, and sends a given FCS",
	  "ethernet/intel/e1000/e1000_main.c, e1000_probe()" },
	{ "e1000", "pads what is shorter than 60 bytes when it sends",
	  "ethernet/intel/e1000/e1000_main.c, e1000_xmit_frame()" },
	{ "e1000e", "hands up broken frames, and sends a given FCS",
	  "ethernet/intel/e1000e/netdev.c, e1000_probe()" },
	{ "e1000e", "pads what is shorter than 60 bytes when it sends (TCTL.PSP)",
	  "ethernet/intel/e1000e/netdev.c, e1000_configure_tx()" },
	{ "igb", "pads what is shorter than 17 bytes when it sends, before the card does",
	  "ethernet/intel/igb/igb_main.c, igb_xmit_frame()" },
	{ "igb", "sends a given FCS, and does not hand up broken frames",
	  "ethernet/intel/igb/igb_main.c, igb_probe()" },
	{ "igc", "pads what is shorter than 17 bytes when it sends, before the card does",
	  "ethernet/intel/igc/igc_main.c, igc_xmit_frame()" },
	{ "ixgbe", "pads what is shorter than 17 bytes when it sends, before the card does",
	  "ethernet/intel/ixgbe/ixgbe_main.c, __ixgbe_xmit_frame()" },
	{ "ixgbe", "sends a given FCS, and does not hand up broken frames",
	  "ethernet/intel/ixgbe/ixgbe_main.c, ixgbe_probe()" },
	{ "i40e", "has a firmware that takes and answers LLDP, unless disable-fw-lldp is on",
	  "ethernet/intel/i40e/i40e_ethtool.c, i40e_set_priv_flags()" },
	{ "ice", "has a firmware that takes and answers LLDP, unless fw-lldp-agent is off",
	  "ethernet/intel/ice/ice_ethtool.c, ice_set_priv_flags()" },
	{ "veth", "passes frames from memory to memory, without an FCS and of any length",
	  "veth.c, veth_xmit()" },
};

/**
 * driver_next_fact - go through what is known of a driver
 * @fact: the one before, NULL for the first
 * @driver: its name
 *
 * Return: the next one, or NULL
 */
const struct driver_fact *driver_next_fact(const struct driver_fact *fact, const char *driver)
{
	for (fact = fact ? fact + 1 : facts; fact < facts + ARRAY_SIZE(facts); fact++)
		if (!strcmp(fact->driver, driver))
			return fact;
	return NULL;
}
