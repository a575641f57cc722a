# SPDX-License-Identifier: GPL-2.0
"""Captures as lists of frames: pcap as tcpdump writes it, pcapng as softtap does.

The pcapng reader is strict: what the draft (draft-ietf-opsawg-pcapng) does not allow, or softtap
does not promise, is an error, not skipped.
"""
import struct
from collections import namedtuple

Frame = namedtuple("Frame", "data interface time flags drops length")  # time: ns
Interface = namedtuple("Interface", "name linktype snaplen tsresol")
Statistics = namedtuple("Statistics", "interface received dropped")
STEP = b"the wall clock stepped "   # statistics that tell of that stand among the frames
MARKER = b"\x88\xb5softtap test marker"

SHB, IDB, ISB, EPB, FILLER = 0x0A0D0D0A, 1, 5, 6, 0x80000001


class Bad(Exception):
    """The file is not what it should be."""


def need(condition, what):
    if not condition:
        raise Bad(what)


def show(data):
    return f"{len(data)} bytes, {data[:64].hex(' ')}{' …' if len(data) > 64 else ''}"


def is_marker(frame):
    return frame.data[12:12 + len(MARKER)] == MARKER


def read_pcap(data):
    magic, = struct.unpack_from("=I", data)
    need(magic in (0xA1B2C3D4, 0xA1B23C4D), "not a pcap file")
    frames, at = [], 24
    while at < len(data):
        seconds, fraction, captured, original = struct.unpack_from("=IIII", data, at)
        need(captured <= original, "a frame is longer than it was")
        time = seconds * 1_000_000_000 + fraction * (1000 if magic == 0xA1B2C3D4 else 1)
        frames.append(Frame(data[at + 16:at + 16 + captured], 0, time, 1, 0, original))
        at += 16 + captured
    need(at == len(data), "the file ends within a frame")
    return frames


def options(body):
    """A block's options as {code: value}."""
    found, at = {}, 0
    while at < len(body):
        code, length = struct.unpack_from("=HH", body, at)
        value = body[at + 4:at + 4 + length]
        need(len(value) == length, "an option is longer than its block")
        at += 4 + (length + 3) // 4 * 4
        if code == 0:
            need(length == 0 and at == len(body), "something behind the end of options")
            return found
        found[code] = value
    need(not body, "options without an end")
    return found


def blocks(data):
    """(type, body, offset) of each block."""
    at = 0
    while at < len(data):
        need(len(data) - at >= 12, f"offset {at}: no room for a block")
        kind, length = struct.unpack_from("=II", data, at)
        need(length % 4 == 0 and 12 <= length <= len(data) - at,
             f"offset {at}: a block of type {kind:#x} and {length} bytes")
        need(struct.unpack_from("=I", data, at + length - 4)[0] == length,
             f"offset {at}: the lengths of a block differ")
        yield kind, data[at + 8:at + length - 4], at
        at += length


class Pcapng:
    """A capture of softtap: one section."""

    def __init__(self, data):
        self.interfaces, self.frames, self.statistics, self.fillers = [], [], [], 0
        for number, (kind, body, at) in enumerate(blocks(data)):
            need((kind == SHB) == (number == 0), f"offset {at}: a section not at the start")
            try:
                self.take(kind, body)
            except (Bad, struct.error) as error:
                raise Bad(f"offset {at}: {error}") from error

    def take(self, kind, body):
        if kind == SHB:
            need(struct.unpack_from("=IHHq", body) == (0x1A2B3C4D, 1, 0, -1), "section header")
            options(body[16:])
        elif kind == IDB:
            need(not self.frames, "an interface after the first frame")
            linktype, _, snaplen = struct.unpack_from("=HHI", body)
            opts = options(body[8:])
            self.interfaces.append(Interface(opts[2].decode(), linktype, snaplen, opts[9][0]))
        elif kind == EPB:
            need(not self.statistics, "a frame behind statistics")
            self.frames.append(self.packet(body))
        elif kind == ISB:
            interface, _, _ = struct.unpack_from("=III", body)
            opts = options(body[12:])
            need(4 in opts and 5 in opts, "statistics without counts")
            if opts.get(1, b"").startswith(STEP):
                return
            self.statistics.append(Statistics(interface, *(
                struct.unpack("=Q", opts[code])[0] for code in (4, 5))))
        elif kind == FILLER:
            self.fillers += 1
        else:
            raise Bad(f"a block of type {kind:#x}")

    def packet(self, body):
        interface, high, low, captured, original = struct.unpack_from("=IIIII", body)
        need(interface < len(self.interfaces), "a frame of no interface")
        need(captured <= original, "a frame is longer than it was")
        padded = (captured + 3) // 4 * 4
        need(not any(body[20 + captured:20 + padded]), "padding is not zero")
        opts = options(body[20 + padded:])
        return Frame(body[20:20 + captured], interface, high << 32 | low,
                     struct.unpack("=I", opts[2])[0],
                     struct.unpack("=Q", opts.get(4, bytes(8)))[0], original)


def block(kind, body, length=None, again=None):
    """A block; its two lengths can be told to be others."""
    real = len(body) + 12
    length = real if length is None else length
    return (struct.pack("=II", kind, length) + body +
            struct.pack("=I", length if again is None else again))


def option(code, value, length=None):
    return (struct.pack("=HH", code, len(value) if length is None else length) + value +
            bytes(-len(value) % 4))


def end(*options):
    return b"".join(options) + option(0, b"")


def epb_body(port, time, size, captured=None, original=None):
    """An Enhanced Packet Block without its options; lengths can be told to be others."""
    return struct.pack("=IIIII", port, time >> 32, time & 0xFFFFFFFF,
                       size if captured is None else captured,
                       size if original is None else original) + bytes(size + -size % 4)


def epb(port, time, size, drops=0, **other):
    """A packet as the module writes it."""
    parts = [option(2, struct.pack("=I", 1))]
    if drops:
        parts.append(option(4, struct.pack("=Q", drops)))
    return block(EPB, epb_body(port, time, size, **other) + end(*parts))


def read_pcapng(name):
    with open(name, "rb") as file:
        return Pcapng(file.read())


def read(name, whole=True):
    """Frames of FILE, or of interface N of it as FILE:N; markers left out unless FILE+; of several
    as FILE,FILE. None may be cut off, unless not @whole."""
    if "," in name:
        return [frame for each in name.split(",") for frame in read(each, whole)]
    name, _, interface = name.partition(":")
    markers = name.endswith("+")
    with open(name.rstrip("+"), "rb") as file:
        data = file.read()
    frames = Pcapng(data).frames if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap(data)
    need(not whole or all(len(frame.data) == frame.length for frame in frames),
         "a frame is cut off")
    return [frame for frame in frames
            if (markers or not is_marker(frame)) and interface in ("", str(frame.interface))]


def pcap_header(order="="):
    return struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def pcap_record(data, order="="):
    """With no time."""
    return struct.pack(order + "IIII", 0, 0, len(data), len(data)) + data


def write_pcap(name, frames, order="="):
    """Writes frames, given as bytes, with no times; in the byte order of @order (see struct)."""
    with open(name, "wb") as file:
        file.write(pcap_header(order))
        for data in frames:
            file.write(pcap_record(data, order))
