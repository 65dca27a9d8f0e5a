"""Draw sites: a stable 32-bit number for every name that draws, so that adding a name moves no other."""

from collections.abc import Iterable
from hashlib import blake2b


def _hash(name: str, attempt: int) -> int:
    return int.from_bytes(blake2b(f"{name}\0{attempt}".encode(), digest_size=4).digest(), "little")


def site_numbers(names: Iterable[str]) -> dict[str, int]:
    """A distinct number below 2^32 for each name; of two that collide the later in the alphabet is hashed again."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for name in sorted(set(names)):
        attempt = 0
        while (number := _hash(name, attempt)) in taken:
            attempt += 1
        taken.add(number)
        numbers[name] = number
    return numbers
