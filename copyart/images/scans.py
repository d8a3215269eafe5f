"""JPEGs that draw the same pixels again and again: small files that take a decoder minutes."""

import re

_MOST = 200  # progressive pictures have about ten
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")  # not those that stand among the pixels


def has_too_many_scans(data: bytes) -> bool:
    """Tells whether a JPEG has more scans than any that was made to be looked at."""
    if not data.startswith(b"\xff\xd8") or data.count(bytes([0xFF, _SCAN])) <= _MOST:
        return False
    scans, at = 0, 2
    while marker := _MARKER.search(data, at):
        kind, at = marker[1][0], marker.end()
        if kind == _END:
            break
        scans += kind == _SCAN
        if scans > _MOST:
            return True
        at += int.from_bytes(data[at : at + 2], "big")  # what else the segment holds, such as a small preview
    return False
