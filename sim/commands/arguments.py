"""How the values of options are read."""

import typer


def whole(given: str | int) -> int:
    """A whole number, also as 20_000, 1e6 or 10**6; defaults come as they are."""
    text = str(given)
    base, power, exponent = text.partition("**")
    try:
        if power:
            return int(int(base) ** min(int(exponent), 99))
        return int(text) if "e" not in text.lower() else _integral(float(text))
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no whole number") from None


def seed_of(given: str | int) -> int:
    """A seed: a whole number of 64 bits."""
    seed = whole(given)
    if not 0 <= seed < 2**64:
        raise typer.BadParameter(f"{seed} is no seed: give a whole number from 0 to 2^64 - 1")
    return seed


def _integral(value: float) -> int:
    if not value.is_integer():
        raise ValueError
    return int(value)


def formats_of(text: str) -> tuple[str, ...]:
    """The formats in a list such as ``csv,parquet``."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = [name for name in names if name not in ("csv", "parquet")]
    if wrong or not names:
        raise typer.BadParameter(f"{text!r}: give csv, parquet or both")
    return names
