"""XMP: what people and programs say of a photo (title, rights, rating, panorama), and what of it a painting keeps.

The packet is edited as text, not parsed: so all that is kept stays as it was written, and no XML of strangers is run.
"""

import re

XMP_OF_TIFF = 700  # the tag that holds it

# Which way is up, in both ways in which a property can be written.
_ORIENTATION = re.compile(r"""(\btiff:Orientation(?:\s*=\s*["']|>\s*))(\d)""")

# Sizes and places in pixels, of the picture and of the panorama that it is a part of.
_PIXELS = re.compile(
    r"""(\b(?:exif:Pixel[XY]Dimension|tiff:Image(?:Width|Length)|GPano:\w+Pixels)(?:\s*=\s*["']|>\s*))(\d{1,9})\b"""
)

# What shows the photo, or lists what else was in its file, such as the seconds of video behind a phone's photo.
_BLOCKS = ("xmp:Thumbnails", "xap:Thumbnails", "Container:Directory", "GContainer:Directory")

# What says that more was in the photo's own file: the rest of its XMP, a video, a map of its brightest lights.
_NAMES = r"xmpNote:HasExtendedXMP|GCamera:(?:MotionPhoto|MicroVideo)\w*|hdrgm:Version"
_ELSEWHERE = re.compile(rf"""\s(?:{_NAMES})\s*=\s*(?:"[^"]*"|'[^']*')|<({_NAMES})>[^<]*</\1>""")

# Spaces that programs leave before a packet's end, to write into.
_PADDING = re.compile(r"(?<=>)\s+(?=<\?xpacket end)")


def portable_xmp(packet: object) -> bytes:
    """A picture's XMP without what is true only of its own file; empty if there is none or it is no text in UTF-8."""
    if not isinstance(packet, bytes):
        return b""
    try:
        text = packet.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return b""
    if "\0" in text:  # no XML has it
        return b""
    for name in _BLOCKS:
        first, *parts = text.split(f"<{name}>")
        text = first + "".join(part.partition(f"</{name}>")[2] for part in parts)
    return _ELSEWHERE.sub("", _ORIENTATION.sub(r"\g<1>1", text)).encode()


def enlarged_xmp(packet: bytes, scale: int) -> bytes:
    """An XMP packet of a picture `scale` times as high and as wide, whose sizes in pixels it names."""
    return _PIXELS.sub(lambda found: f"{found[1]}{int(found[2]) * scale}", packet.decode()).encode()


def orientation_in(packet: bytes) -> int:
    """EXIF's number, 1 to 8, for the way up that an XMP packet tells; 1, upright, where it tells none."""
    found = _ORIENTATION.search(packet.decode(errors="replace"))
    return int(found[2]) if found and found[2] in "12345678" else 1


def shortened_xmp(packet: bytes, limit: int = 65_504) -> bytes:
    """An XMP packet of no more bytes than a JPEG can hold: if it is too long without padding, none."""
    if len(packet) > limit:
        packet = _PADDING.sub("\n", packet.decode()).encode()
    return packet if len(packet) <= limit else b""
