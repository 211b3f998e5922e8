"""Randomness as a pure function of where we are: nothing to save, nothing to restore.

Every draw is keyed by what it is for, e.g. (seed, content hash, epoch, view): adding a picture, a worker or a
restart changes no other draw.
"""

import hashlib

import numpy as np

Where = str | bytes | int


def key(*where: Where) -> int:
    """128 bits that depend on every part of `where`, on its type and on its place."""
    digest = hashlib.blake2b(digest_size=16)
    for part in where:
        if isinstance(part, (int, np.integer)):
            tag, data = b"i", str(int(part)).encode()
        elif isinstance(part, str):
            tag, data = b"s", part.encode("utf-8", "surrogateescape")
        else:
            tag, data = b"b", bytes(part)
        digest.update(tag + len(data).to_bytes(8, "little") + data)
    return int.from_bytes(digest.digest(), "little")


def rng(*where: Where) -> np.random.Generator:
    """A generator for this place alone: `rng(seed, "split")`, `rng(seed, content, epoch, view)`."""
    return np.random.Generator(np.random.Philox(key=key(*where)))
