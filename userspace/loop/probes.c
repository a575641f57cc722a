// SPDX-License-Identifier: GPL-2.0
/*
 * The frames of a trial. Each says which it is: in its source address, 02:73:74 and 24 bits, and
 * behind its headers, "softtap" and 32 bits, where there is room; so a frame that was changed on
 * its way, and one whose source address is what is tried, is known all the same.
 *
 * Nothing in them is meant for anybody: IP addresses are those for documentation (RFC 5737,
 * RFC 3849), and what the kernel would route goes to a hardware address that is nobody's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/probes.h"
#include "lib/util.h"

#define MARK_BYTES	32768	/* so many are under way at most, */
#define MARK_FRAMES	32	/* and so many, */
#define MARK_LENGTH	60	/* until one tells that they have passed */
#define TAG		4
#define FCS		4

static const unsigned char ours[] = { 0x02, 0x73, 0x74 };	/* locally administered, "st" */
static const char signature[] = { 's', 'o', 'f', 't', 't', 'a', 'p' };

/* How its frames are called; those of a range are called by their length. */
static const struct {
	const char *name;
	bool range;
} groups[N_PROBE_GROUPS] = {
	[PROBE_MARK]	 = { "plain frames", false },
	[PROBE_LENGTH]	 = { "lengths", true },
	[PROBE_RESERVED] = { "reserved addresses", false },
	[PROBE_CONTROL]	 = { "MAC control", false },
	[PROBE_VLAN]	 = { "VLAN tags", false },
	[PROBE_TYPE]	 = { "types", false },
	[PROBE_ADDRESS]	 = { "addresses", false },
	[PROBE_PROTOCOL] = { "protocols", false },
	[PROBE_CHECKSUM] = { "checksums", false },
	[PROBE_SHORT]	 = { "too short", true },
	[PROBE_LONG]	 = { "above the MTU", true },
	[PROBE_BROKEN]	 = { "given FCS", false },
};

/**
 * probe_group_name - tell what is tried
 * @group: with which frames
 *
 * Return: it, in a word or two
 */
const char *probe_group_name(enum probe_group group)
{
	return groups[group].name;
}

/**
 * probe_group_is_range - are its frames called by their length
 * @group: whose
 *
 * Return: whether they are
 */
bool probe_group_is_range(enum probe_group group)
{
	return groups[group].range;
}

/**
 * probes_fcs - the FCS of a frame (IEEE Std 802.3, 3.2.9)
 * @frame: the frame
 * @len: its bytes
 *
 * Return: it, to be sent with the low byte first
 */
__u32 probes_fcs(const unsigned char *frame, size_t len)
{
	__u32 sum = ~0U;
	int bit;

	while (len--) {
		sum ^= *frame++;
		for (bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

/* --- Putting a frame together ----------------------------------------------------------------- */

/**
 * struct draft - a frame that is being put together
 * @bytes: its bytes
 * @len: so far
 */
struct draft {
	unsigned char bytes[PROBE_BUFFER];
	size_t len;
};

static void put(struct draft *draft, const void *bytes, size_t n)
{
	memcpy(draft->bytes + draft->len, bytes, n);
	draft->len += n;
}

static void put_u16(struct draft *draft, unsigned int value)
{
	const unsigned char bytes[] = { value >> 8, value };

	put(draft, bytes, sizeof(bytes));
}

static void put_u32(struct draft *draft, __u32 value)
{
	put_u16(draft, value >> 16);
	put_u16(draft, value & 0xffff);
}

static unsigned int digit(char character)
{
	return character <= '9' ? character - '0' : character - 'a' + 10;
}

/* "8100 0005 88b5" */
static void put_hex(struct draft *draft, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		draft->bytes[draft->len++] = digit(text[0]) << 4 | digit(text[1]);
		text++;
	}
}

static __u32 number_of_next(const struct probes *probes)
{
	return probes->trial << 16 | probes->n;
}

static void put_source(struct draft *draft, const struct probes *probes)
{
	__u32 number = number_of_next(probes);

	put(draft, ours, sizeof(ours));
	put(draft, (const unsigned char[]){ number >> 16, number >> 8, number }, 3);
}

/*
 * Up to @len bytes: which frame it is, where there is room, and bytes of which none is 0, so that
 * what was padded, and what was cut, is seen.
 */
static void put_payload(struct draft *draft, const struct probes *probes, size_t len)
{
	static unsigned char filling[PROBE_BUFFER];
	__u32 number = number_of_next(probes);
	size_t i;

	for (i = 0; !filling[sizeof(filling) - 1]; i++)
		filling[i] = 1 + i % 255;
	if (draft->len + sizeof(signature) + sizeof(number) <= len) {
		put(draft, signature, sizeof(signature));
		put_u32(draft, number);
	}
	if (draft->len < len)
		put(draft, filling + number % 255, len - draft->len);
}

static void add_mark(struct probes *probes);

static void add(struct probes *probes, enum probe_group group, const char *label,
		const struct draft *draft, bool no_fcs)
{
	struct probe *list = realloc(probes->list, (probes->n + 1) * sizeof(*list));
	struct probe *probe;

	if (!list) {
		probes->err = -ENOMEM;
		return;
	}
	probes->list = list;
	probe = &list[probes->n];
	*probe = (struct probe){ .group = group, .no_fcs = no_fcs, .len = draft->len };
	probe->bytes = malloc(draft->len);
	if (!probe->bytes) {
		probes->err = -ENOMEM;
		return;
	}
	snprintf(probe->label, sizeof(probe->label), "%s", label);
	memcpy(probe->bytes, draft->bytes, draft->len);
	probes->n++;
	probes->since_mark += draft->len + MARK_BYTES / MARK_FRAMES;
	if (group != PROBE_MARK && probes->since_mark > MARK_BYTES)
		add_mark(probes);
}

static const char nobody[] = "02 73 74 ff ff ff";

static void start(struct draft *draft, const struct probes *probes, const char *destination)
{
	draft->len = 0;
	put_hex(draft, destination);
	put_source(draft, probes);
}

static void add_plain(struct probes *probes, enum probe_group group, size_t len)
{
	struct draft draft;
	char label[PROBE_LABEL];

	start(&draft, probes, nobody);
	put_hex(&draft, "88 b5");	/* local experimental (IEEE Std 802, 9.2.4) */
	put_payload(&draft, probes, len);
	snprintf(label, sizeof(label), "%zu", len);
	add(probes, group, label, &draft, false);
}

static void add_mark(struct probes *probes)
{
	probes->since_mark = 0;
	add_plain(probes, PROBE_MARK, MARK_LENGTH);
}

/**
 * probes_add_marks - add plain frames
 * @probes: to these
 * @n: how many
 * @len: bytes of each
 *
 * Return: 0 or -ENOMEM
 */
int probes_add_marks(struct probes *probes, size_t n, size_t len)
{
	while (n-- && !probes->err)
		add_plain(probes, PROBE_MARK, len);
	return probes->err;
}

/* --- What is special in the header ------------------------------------------------------------ */

/**
 * struct recipe - a frame with something special in it
 * @group: why
 * @label: what it is
 * @destination: address
 * @rest: what follows the source address, before the payload
 */
struct recipe {
	enum probe_group group;
	const char *label;
	const char *destination;
	const char *rest;
};

/* From 2001:db8::1 to the solicited-node multicast address of an address in ::2. */
#define SOLICITATION "20010db8000000000000000000000001 ff0200000000000000000001ff000002"

static const struct recipe recipes[] = {
	/* IEEE Std 802.3, annexes 31A, 31B and 31D. */
	{ PROBE_CONTROL, "PAUSE", "0180c2000001", "8808 0001 ffff" },
	{ PROBE_CONTROL, "end of PAUSE", "0180c2000001", "8808 0001 0000" },
	{ PROBE_CONTROL, "PFC", "0180c2000001", "8808 0101 00ff ffff ffff ffff ffff ffff ffff" },
	{ PROBE_CONTROL, "end of PFC", "0180c2000001", "8808 0101 00ff 0000 0000 0000 0000 0000" },
	{ PROBE_CONTROL, "unknown opcode", "0180c2000001", "8808 7777" },
	/* IEEE Std 802.1Q, 9.6. */
	{ PROBE_VLAN, "VLAN 0", nobody, "8100 0000 88b5" },
	{ PROBE_VLAN, "VLAN 0 of priority 5", nobody, "8100 a000 88b5" },
	{ PROBE_VLAN, "VLAN 1", nobody, "8100 0001 88b5" },
	{ PROBE_VLAN, "VLAN 5 drop eligible", nobody, "8100 1005 88b5" },
	{ PROBE_VLAN, "VLAN 4094", nobody, "8100 0ffe 88b5" },
	{ PROBE_VLAN, "VLAN 4095", nobody, "8100 0fff 88b5" },
	{ PROBE_VLAN, "service VLAN 0", nobody, "88a8 0000 88b5" },
	{ PROBE_VLAN, "service VLAN 100", nobody, "88a8 0064 88b5" },
	{ PROBE_VLAN, "VLAN 200 in service VLAN 100", nobody, "88a8 0064 8100 00c8 88b5" },
	{ PROBE_VLAN, "VLAN 200 in VLAN 100", nobody, "8100 0064 8100 00c8 88b5" },
	{ PROBE_VLAN, "VLAN 0 in VLAN 0", nobody, "8100 0000 8100 0000 88b5" },
	{ PROBE_VLAN, "three tags", nobody, "88a8 0001 8100 0002 8100 0003 88b5" },
	{ PROBE_VLAN, "tag of type 9100", nobody, "9100 0064 8100 00c8 88b5" },
	{ PROBE_TYPE, "length 46", nobody, "002e aaaa 03" },
	{ PROBE_TYPE, "length 16 (too small)", nobody, "0010 aaaa 03" },
	{ PROBE_TYPE, "length 1500 (too large)", nobody, "05dc aaaa 03" },
	{ PROBE_TYPE, "length 0", nobody, "0000" },
	{ PROBE_TYPE, "05DD (length nor type)", nobody, "05dd" },
	{ PROBE_TYPE, "05FF (length nor type)", nobody, "05ff" },
	{ PROBE_TYPE, "0600", nobody, "0600" },
	{ PROBE_TYPE, "1234", nobody, "1234" },
	{ PROBE_TYPE, "88B6", nobody, "88b6" },
	{ PROBE_TYPE, "FFFF", nobody, "ffff" },
	{ PROBE_TYPE, "raw IPX", nobody, "002e ffff" },
	{ PROBE_TYPE, "IPv4 of 0 bytes", nobody, "0800 4500 0000" },
	{ PROBE_TYPE, "IPv6 of version 4", nobody, "86dd 4000 0000" },
	{ PROBE_PROTOCOL, "PTP", "011b19000000", "88f7 0002 002c" },
	{ PROBE_PROTOCOL, "PTP peer delay", "0180c200000e", "88f7 0202 0036" },
	{ PROBE_PROTOCOL, "LLDP", "0180c200000e",
	  "88cc 0207 04 020000000001 0403 05 6574 0602 0078 0000" },
	{ PROBE_PROTOCOL, "EAPOL", "0180c2000003", "888e 0101 0000" },
	{ PROBE_PROTOCOL, "MACsec", nobody, "88e5 2c00 0000 0001" },
	{ PROBE_PROTOCOL, "LACP", "0180c2000002", "8809 0101 0114 ffff" },
	{ PROBE_PROTOCOL, "OAM", "0180c2000002", "8809 0300 5000" },
	{ PROBE_PROTOCOL, "SyncE", "0180c2000002", "8809 0a00 19a7" },
	{ PROBE_PROTOCOL, "STP", "0180c2000000", "0026 4242 0300 0000 00" },
	{ PROBE_PROTOCOL, "CDP", "01000ccccccc", "0030 aaaa 0300 000c 2000 02b4" },
	{ PROBE_PROTOCOL, "PVST", "01000ccccccd", "0032 aaaa 0300 000c 010b 0000" },
	{ PROBE_PROTOCOL, "CFM", "0180c2000030", "8902 0004 0000" },
	{ PROBE_PROTOCOL, "MVRP", "0180c2000021", "88f5 0001 0200" },
	{ PROBE_PROTOCOL, "ARP", "ffffffffffff",
	  "0806 0001 0800 0604 0001 027374000001 c0000201 000000000000 c0000202" },
	{ PROBE_PROTOCOL, "MPLS", nobody, "8847 0001 01ff" },
	{ PROBE_PROTOCOL, "PPPoE discovery", "ffffffffffff", "8863 1109 0000 0004 0101 0000" },
	{ PROBE_PROTOCOL, "PPPoE session", nobody, "8864 1100 0001 0004 0021" },
	{ PROBE_PROTOCOL, "Wake-on-LAN", "ffffffffffff", "0842 ffff ffff ffff" },
	{ PROBE_PROTOCOL, "FCoE", nobody, "8906 0000" },
	{ PROBE_PROTOCOL, "FIP", "011018010002", "8914 1000 0001" },
	{ PROBE_PROTOCOL, "RoCE", nobody, "8915 6000 0000" },
	{ PROBE_PROTOCOL, "PROFINET", nobody, "8892 8000" },
	{ PROBE_PROTOCOL, "EtherCAT", "010105010000", "88a4 1018" },
	{ PROBE_PROTOCOL, "GOOSE", "010ccd010001", "88b8 0001 0008" },
	{ PROBE_PROTOCOL, "HSR", "01154e000100", "892f 1034 0001" },
	{ PROBE_PROTOCOL, "neighbour solicitation", "3333ff000002",
	  "86dd 6000 0000 0018 3aff " SOLICITATION " 8700 0000" },
};

static void add_recipes(struct probes *probes, enum probe_group group)
{
	struct draft draft;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(recipes); i++) {
		const struct recipe *recipe = &recipes[i];

		if (recipe->group != group)
			continue;
		start(&draft, probes, recipe->destination);
		put_hex(&draft, recipe->rest);
		put_payload(&draft, probes, 100);
		add(probes, group, recipe->label, &draft, false);
	}
	add_mark(probes);
}

static void add_reserved(struct probes *probes)
{
	char destination[] = "01 80 c2 00 00 0X", label[PROBE_LABEL];
	struct draft draft;
	int i;

	for (i = 0; i < 16; i++) {
		snprintf(destination + 15, 3, "%02x", i);
		start(&draft, probes, destination);
		put_hex(&draft, "88 b5");
		put_payload(&draft, probes, 64);
		snprintf(label, sizeof(label), "01:80:C2:00:00:%02X", i);
		add(probes, PROBE_RESERVED, label, &draft, false);
	}
	add_mark(probes);
}

/* A tag may make a frame longer than the MTU says: by one, everybody lets it. */
static void add_longest_tagged(struct probes *probes, unsigned int mtu)
{
	struct draft draft;

	start(&draft, probes, nobody);
	put_hex(&draft, "8100 0005 88b5");
	put_payload(&draft, probes, ETH_HLEN + TAG + mtu);
	add(probes, PROBE_VLAN, "VLAN 5 of the MTU's length", &draft, false);
}

static const char *address_of(const struct probes *probes, int which, char text[16])
{
	const unsigned char *bytes = probes->addresses[which];

	snprintf(text, 16, "%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
		 bytes[4], bytes[5]);
	return text;
}

static void add_addresses(struct probes *probes)
{
	char from[16], to[16];
	const char *a = address_of(probes, 0, from), *b = address_of(probes, 1, to);
	const char *const pairs[][3] = {
		{ "source 0", nobody, "000000000000" },
		{ "multicast source", nobody, "0300 5e00 0001" },
		{ "broadcast source", nobody, "ffff ffff ffff" },
		{ "source is destination", "0273 7400 0001", "0273 7400 0001" },
		{ "destination 0", "0000 0000 0000", "0273 7400 0002" },
		{ "broadcast", "ffff ffff ffff", "0273 7400 0003" },
		{ "multicast", "0100 5e7f 0001", "0273 7400 0004" },
		{ "from the port that sends", nobody, a },
		{ "to the port that sends", a, "0273 7400 0005" },
		{ "from the port that receives", nobody, b },
		{ "to the port that receives", b, "0273 7400 0006" },
		{ "between the ports", b, a },
		{ "between the ports reversed", a, b },
	};
	struct draft draft;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		draft.len = 0;
		put_hex(&draft, pairs[i][1]);
		put_hex(&draft, pairs[i][2]);
		put_hex(&draft, "88 b5");
		put_payload(&draft, probes, 80);
		add(probes, PROBE_ADDRESS, pairs[i][0], &draft, false);
	}
	add_mark(probes);
}

/* --- Checksums -------------------------------------------------------------------------------- */

/* The ones' complement sum (RFC 1071) of bytes, and of @sum. */
static __u32 sum_up(__u32 sum, const unsigned char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += i & 1 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void set_sum(unsigned char *at, __u32 sum, bool wrong)
{
	unsigned int value = (~sum & 0xffff) ^ (wrong ? 0x5500 : 0);

	at[0] = value >> 8;
	at[1] = value;
}

/**
 * struct sums - an IP packet and its checksums
 * @label: what it is
 * @version: of IP
 * @protocol: behind it, IPPROTO_*
 * @at: where in that the checksum is
 * @l4: its header, with 0 in the place of the checksum
 * @wrong_ip: the header's checksum is wrong
 * @wrong: that of @l4 is
 * @none: that of @l4 is 0
 */
struct sums {
	const char *label;
	int version;
	unsigned int protocol;
	size_t at;
	const char *l4;
	bool wrong_ip;
	bool wrong;
	bool none;
};

#define TCP_HEADER	"1000 0050 0000 0001 0000 0001 5010 ffff 0000 0000"
#define UDP_HEADER	"1000 2000 0040 0000"
#define VXLAN_HEADER	"1000 12b5 0040 0000 0800 0000 0000 0100"
#define ICMP_HEADER	"0800 0000 0001 0001"
#define SCTP_HEADER	"1000 2000 0000 0001 0000 0000"

static const struct sums checksums[] = {
	{ "right TCP", 4, IPPROTO_TCP, 16, TCP_HEADER, false, false, false },
	{ "right UDP", 4, IPPROTO_UDP, 6, UDP_HEADER, false, false, false },
	{ "no UDP", 4, IPPROTO_UDP, 6, UDP_HEADER, false, false, true },
	{ "wrong IPv4 header", 4, IPPROTO_UDP, 6, UDP_HEADER, true, false, false },
	{ "wrong TCP", 4, IPPROTO_TCP, 16, TCP_HEADER, false, true, false },
	{ "TCP 0", 4, IPPROTO_TCP, 16, TCP_HEADER, false, false, true },
	{ "wrong UDP", 4, IPPROTO_UDP, 6, UDP_HEADER, false, true, false },
	{ "wrong VXLAN", 4, IPPROTO_UDP, 6, VXLAN_HEADER, false, true, false },
	{ "wrong ICMP", 4, IPPROTO_ICMP, 2, ICMP_HEADER, false, true, false },
	{ "wrong IGMP", 4, IPPROTO_IGMP, 2, "1600 0000 e000 00fb", false, true, false },
	{ "wrong SCTP", 4, IPPROTO_SCTP, 8, SCTP_HEADER, false, true, false },
	{ "right TCP on IPv6", 6, IPPROTO_TCP, 16, TCP_HEADER, false, false, false },
	{ "wrong TCP on IPv6", 6, IPPROTO_TCP, 16, TCP_HEADER, false, true, false },
	{ "wrong UDP on IPv6", 6, IPPROTO_UDP, 6, UDP_HEADER, false, true, false },
	{ "no UDP on IPv6", 6, IPPROTO_UDP, 6, UDP_HEADER, false, false, true },
	{ "wrong ICMPv6", 6, IPPROTO_ICMPV6, 2, "8000 0000 0001 0001", false, true, false },
	{ "wrong IPv4 and TCP", 4, IPPROTO_TCP, 16, TCP_HEADER, true, true, false },
};

#define L4_BYTES	64
#define SUM_ADDRESSES	"c000 0201 c633 6401"
#define SUM_ADDRESSES_6	"2001 0db8 0000 0000 0000 0000 0000 0001 2001 0db8 0001 0000 0000 0000 0000 0001"

static void put_ip(struct draft *draft, const struct sums *sums)
{
	const unsigned char next[] = { 64, sums->protocol };
	const unsigned char next_6[] = { sums->protocol, 64 };
	size_t ip = draft->len + 2;

	if (sums->version == 6) {
		put_hex(draft, "86dd 6000 0000");
		put_u16(draft, L4_BYTES);
		put(draft, next_6, sizeof(next_6));
		put_hex(draft, SUM_ADDRESSES_6);
		return;
	}
	put_hex(draft, "0800 4500");
	put_u16(draft, 20 + L4_BYTES);
	put_hex(draft, "0001 4000");
	put(draft, next, sizeof(next));
	put_hex(draft, "0000 " SUM_ADDRESSES);
	set_sum(draft->bytes + ip + 10, sum_up(0, draft->bytes + ip, 20), sums->wrong_ip);
}

static void add_checksum(struct probes *probes, const struct sums *sums)
{
	size_t l4, addresses = sums->version == 6 ? 32 : 8;
	struct draft draft;
	__u32 sum;

	start(&draft, probes, nobody);
	put_ip(&draft, sums);
	l4 = draft.len;
	put_hex(&draft, sums->l4);
	put_payload(&draft, probes, l4 + L4_BYTES);
	sum = sum_up(sums->protocol + L4_BYTES, draft.bytes + l4 - addresses, addresses);
	sum = sum_up(sum, draft.bytes + l4, L4_BYTES);
	if (!sums->none)
		set_sum(draft.bytes + l4 + sums->at, sum, sums->wrong);
	add(probes, PROBE_CHECKSUM, sums->label, &draft, false);
}

static void add_checksums(struct probes *probes)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(checksums); i++)
		add_checksum(probes, &checksums[i]);
	add_mark(probes);
}

/* --- Trials ----------------------------------------------------------------------------------- */

/**
 * probes_add_usual - add all that a link may carry
 * @probes: to these; @addresses are known
 * @mtu: of both ports, the smaller one
 *
 * Return: 0 or -ENOMEM
 */
int probes_add_usual(struct probes *probes, unsigned int mtu)
{
	size_t len;

	add_mark(probes);
	for (len = ETH_ZLEN; len <= ETH_HLEN + mtu && !probes->err; len++)
		add_plain(probes, PROBE_LENGTH, len);
	add_mark(probes);
	add_reserved(probes);
	add_recipes(probes, PROBE_VLAN);
	add_longest_tagged(probes, mtu);
	add_recipes(probes, PROBE_TYPE);
	add_addresses(probes);
	add_recipes(probes, PROBE_PROTOCOL);
	add_checksums(probes);
	add_recipes(probes, PROBE_CONTROL);
	return probes->err;
}

/**
 * probes_add_short - add all lengths below the shortest that a wire has
 * @probes: to these
 *
 * Return: 0 or -ENOMEM
 */
int probes_add_short(struct probes *probes)
{
	size_t len;

	for (len = ETH_HLEN; len < ETH_ZLEN; len++)
		add_plain(probes, PROBE_SHORT, len);
	add_mark(probes);
	return probes->err;
}

/**
 * probes_add_long - add all lengths above what the MTU allows
 * @probes: to these
 * @mtu: of both ports, the smaller one; that of the sender is larger for now
 *
 * Return: 0 or -ENOMEM
 */
int probes_add_long(struct probes *probes, unsigned int mtu)
{
	size_t len;

	for (len = ETH_HLEN + mtu + 1; len <= PROBE_LONGEST && !probes->err; len++)
		add_plain(probes, PROBE_LONG, len);
	add_mark(probes);
	return probes->err;
}

static void add_given(struct probes *probes, const char *label, size_t len, __u32 change)
{
	struct draft draft;
	__u32 fcs;

	start(&draft, probes, nobody);
	put_hex(&draft, "88 b5");
	put_payload(&draft, probes, len - FCS);
	fcs = probes_fcs(draft.bytes, draft.len) ^ change;
	put(&draft, (const unsigned char[]){ fcs, fcs >> 8, fcs >> 16, fcs >> 24 }, FCS);
	add(probes, PROBE_BROKEN, label, &draft, true);
}

/**
 * probes_add_broken - add frames with an FCS of their own
 * @probes: to these
 * @mtu: of both ports, the smaller one; that of the sender is larger for now
 *
 * Return: 0 or -ENOMEM
 */
int probes_add_broken(struct probes *probes, unsigned int mtu)
{
	const size_t longest = ETH_HLEN + mtu + FCS;
	const size_t lengths[] = { 18, 20, 32, 63, 64, 65, 512, longest, longest + 100 };
	char label[PROBE_LABEL];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths) && !probes->err; i++) {
		size_t len = lengths[i];

		snprintf(label, sizeof(label), "right at %zu bytes", len);
		add_given(probes, label, len, 0);
		snprintf(label, sizeof(label), "wrong at %zu bytes", len);
		add_given(probes, label, len, 0x55555555);
		snprintf(label, sizeof(label), "one bit at %zu bytes", len);
		add_given(probes, label, len, 1 << i);
	}
	add_mark(probes);
	return probes->err;
}

/**
 * probes_free - free what is in them
 * @probes: all of it
 */
void probes_free(struct probes *probes)
{
	size_t i;

	for (i = 0; i < probes->n; i++)
		free(probes->list[i].bytes);
	free(probes->list);
	*probes = (struct probes){ };
}

/* --- Which is it? ----------------------------------------------------------------------------- */

static __u32 number_at(const unsigned char *at, size_t n)
{
	__u32 number = 0;

	while (n--)
		number = number << 8 | *at++;
	return number;
}

/**
 * probes_find - find out which frame has come
 * @probes: that were sent
 * @frame: what has come
 * @len: its bytes
 *
 * Return: its place in their list; -1 for one that is not of these
 */
long probes_find(const struct probes *probes, const unsigned char *frame, size_t len)
{
	const unsigned char *at = memmem(frame, len, signature, sizeof(signature));
	__u32 number;

	if (at && at + sizeof(signature) + 4 <= frame + len)
		number = number_at(at + sizeof(signature), 4);
	else if (len >= ETH_HLEN && !memcmp(frame + ETH_ALEN, ours, sizeof(ours)))
		number = number_at(frame + ETH_ALEN + sizeof(ours), 3);
	else
		return -1;
	if (number >> 16 != probes->trial || (number & 0xffff) >= probes->n)
		return -1;
	return number & 0xffff;
}
