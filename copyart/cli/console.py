"""What the commands print: one line for one thing."""

import sys


def say(line: str, *, error: bool = False) -> None:
    """Prints one line, on stderr when it is not the command's result."""
    print(" ".join(line.splitlines()), file=sys.stderr if error else sys.stdout, flush=True)


def megabytes(size: int) -> str:
    """A number of bytes, for people."""
    return f"{size / 1e6:.1f} MB"
