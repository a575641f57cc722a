# SPDX-License-Identifier: GPL-2.0
"""What a network card makes of the frames that a host hands to it: super-frames cut into segments
(TSO, UDP segmentation), checksums finished. By the protocols' RFCs, not by anybody's code."""
import struct

ETH_VLAN = (0x8100, 0x88A8)
TCP, UDP, SCTP = 6, 17, 132
FIN, PSH, CWR = 0x01, 0x08, 0x80


def ones_sum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    """SCTP's checksum, RFC 9260 appendix A."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return struct.pack("<I", crc ^ 0xFFFFFFFF)


def network_offset(data):
    at = 12
    while struct.unpack_from(">H", data, at)[0] in ETH_VLAN:
        at += 4
    return at + 2


def layers(data):
    """(version, network offset, transport offset, protocol), or None if it is neither IP."""
    at = network_offset(data)
    ethertype, = struct.unpack_from(">H", data, at - 2)
    if ethertype == 0x0800:
        return 4, at, at + (data[at] & 15) * 4, data[at + 9]
    if ethertype == 0x86DD:
        return 6, at, at + 40, data[at + 6]
    return None


def payload_offset(data, transport, protocol):
    if protocol == TCP:
        return transport + (data[transport + 12] >> 4) * 4
    return transport + {UDP: 8, SCTP: 12}.get(protocol, len(data))


def finish(data):
    """The frame with all lengths and checksums right."""
    parsed = layers(data)
    if not parsed:
        return data
    version, network, transport, protocol = parsed
    frame = bytearray(data)
    length = len(data) - transport
    if version == 4:
        struct.pack_into(">H", frame, network + 2, len(data) - network)
        struct.pack_into(">H", frame, network + 10, 0)
        struct.pack_into(">H", frame, network + 10, ones_sum(bytes(frame[network:transport])))
        addresses = frame[network + 12:network + 20]
    else:
        struct.pack_into(">H", frame, network + 4, length)
        addresses = frame[network + 8:network + 40]
    if protocol == UDP:
        struct.pack_into(">H", frame, transport + 4, length)
    if protocol in (TCP, UDP):
        at = transport + (16 if protocol == TCP else 6)
        pseudo = bytes(addresses) + struct.pack(">II", length, protocol)
        struct.pack_into(">H", frame, at, 0)
        total = ones_sum(pseudo + bytes(frame[transport:]))
        # 0 says that there is no sum in UDP, which sends the other zero (RFC 768).
        struct.pack_into(">H", frame, at, total or (0xFFFF if protocol == UDP else 0))
    elif protocol == SCTP:
        frame[transport + 8:transport + 12] = bytes(4)
        frame[transport + 8:transport + 12] = crc32c(bytes(frame[transport:]))
    return bytes(frame)


ZEROS = (b"\0\0", b"\xff\xff")


def one_zero(data, zero=ZEROS[0]):
    """TCP's checksum has two zeros, too. Linux writes either; here it is this one then."""
    parsed = layers(data)
    at = parsed[2] + 16 if parsed else 0
    if parsed and parsed[3] == TCP and data[at:at + 2] in ZEROS:
        return data[:at] + zero + data[at + 2:]
    return data


def payload_length(data):
    parsed = layers(data)
    return max(0, len(data) - payload_offset(data, *parsed[2:])) if parsed else 0


def cut(data, sizes):
    """The segments with as many bytes of payload. All but the last must be of one size, except
    SCTP's, which hold whole chunks."""
    if len(sizes) < 2:
        return [finish(data)]
    version, network, transport, protocol = layers(data)
    assert protocol == SCTP or len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0], sizes
    start = at = payload_offset(data, transport, protocol)
    segments = []
    for size in sizes:
        frame = bytearray(data[:start] + data[at:at + size])
        if version == 4:
            number, = struct.unpack_from(">H", data, network + 4)
            struct.pack_into(">H", frame, network + 4, number + len(segments) & 0xFFFF)
        if protocol == TCP:
            sequence, = struct.unpack_from(">I", data, transport + 4)
            struct.pack_into(">I", frame, transport + 4, sequence + at - start & 0xFFFFFFFF)
            if at + size < len(data):
                frame[transport + 13] &= ~(FIN | PSH)
            if at > start:
                frame[transport + 13] &= ~CWR & 0xFF
        segments.append(finish(bytes(frame)))
        at += size
    return segments
