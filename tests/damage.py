"""What disks, copies and kills do to files."""

import random
from collections.abc import Iterator

KINDS = ("bit", "cut", "zeros", "longer")


def forty(whole: bytes, seed: int) -> Iterator[bytes]:
    """Forty damaged forms of a file, ten of each kind, at places drawn with a seed."""
    draw = random.Random(seed)
    for kind in KINDS * 10:
        content, place = bytearray(whole), draw.randrange(len(whole))
        if kind == "bit":
            content[place] ^= 1 << draw.randrange(8)
        elif kind == "cut":
            del content[place:]
        elif kind == "zeros":
            content[place:] = bytes(len(whole) - place + 1)
        else:
            content += b"x"
        yield bytes(content)
