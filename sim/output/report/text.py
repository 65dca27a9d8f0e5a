"""How numbers, dates and names are written for a reader."""

import math
import unicodedata
from datetime import date

ISOLATING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}  # they reorder what follows them
ACRONYMS = {name: name.upper() for name in "eu gdp imf nato uk un us usa usd eur rub".split()}
MONTHS = "January February March April May June July August September October November December".split()


def plain(text: object) -> str:
    """Text in which nothing is hidden: control characters and overrides of direction are shown as their code."""
    return "".join(f"⟨{ord(c):04X}⟩" if _is_hidden(c) else c for c in str(text))


def _is_hidden(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in ISOLATING or unicodedata.category(character) in ("Cc", "Cs")


def clip(text: object, length: int) -> str:
    """At most ``length`` characters, on one line, with an ellipsis where more was there."""
    line = " ".join(plain(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def chart_text(text: object, length: int = 60) -> str:
    """A short text as plotly takes it: its own small markup turned off."""
    return clip(text, length).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrapped(text: object, width: int = 26, lines: int = 2) -> str:
    """A label of a chart, cut at word boundaries into a few lines."""
    words = clip(text, width * lines).split(" ")
    rows = [words[0]]
    for word in words[1:]:
        if len(rows[-1]) + 1 + len(word) <= width or len(rows) == lines:
            rows[-1] += " " + word
        else:
            rows.append(word)
    return "<br>".join(chart_text(row, width + 6) for row in rows)


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def percent(p: float, digits: int = 1) -> str:
    """A probability in percent, never rounded to impossible or certain."""
    if not is_number(p):
        return "–"
    smallest = 10.0 ** -(digits + 2)
    if 0 < p < smallest:
        return f"<{smallest:.{digits}%}"
    if 1 - smallest < p < 1:
        return f">{1 - smallest:.{digits}%}"
    return f"{p:.{digits}%}"


def about(p: float, *others: float) -> str:
    """A probability as short as it may be: whole percents in the middle, one decimal in the tails.

    ``others`` are those it shares a range or a sentence with, for which one of them in the tails is enough.
    """
    return percent(p, 1 if any(x < 0.095 or x > 0.905 for x in (p, *others)) else 0)


def between(low: float, high: float) -> str:
    """Two probabilities as a range: ``12.1–14.0%``."""
    if not (is_number(low) and is_number(high)):
        return "–"
    return f"{percent(low).removesuffix('%')}–{percent(high)}"


def points(difference: float) -> str:
    """A difference of probabilities in percentage points, with its sign."""
    return signed(100 * difference, 1) if is_number(difference) else "–"


def signed(x: float, digits: int) -> str:
    text = f"{abs(x):,.{digits}f}"
    return text if float(text.replace(",", "")) == 0 else ("+" if x > 0 else "−") + text


def quantity(x: float, digits: int = 4) -> str:
    """A number in its unit, to so many significant digits (and all those of a whole number)."""
    if not is_number(x):
        return "–"
    if x == 0:
        return "0"
    size = math.floor(math.log10(abs(x)))
    if size >= 15 or size < -6:
        return f"{x:.3e}".replace("-", "−")
    text = f"{x:,.{max(0, digits - 1 - size)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def count(n: float) -> str:
    return f"{int(n):,}" if is_number(n) else "–"


def bytes_of(digest: object) -> str:
    """The beginning of a hash, enough to tell two apart."""
    return str(digest)[:16]


def long_date(iso: object) -> str:
    """``7 April 2025`` from ``2025-04-07``; anything else as it is."""
    try:
        day = date.fromisoformat(str(iso)[:10])
    except ValueError:
        return str(iso) or "–"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def month_date(iso: object) -> str:
    """``Apr 2025``."""
    try:
        day = date.fromisoformat(str(iso)[:10])
    except ValueError:
        return str(iso) or "–"
    return f"{MONTHS[day.month - 1][:3]} {day.year}"


def unit_text(unit: object) -> str:
    """A unit with its powers raised; nothing for a pure number."""
    text = str(unit)
    if text in ("", "dimensionless", "nan", "1"):
        return ""
    for plain_form, raised in (("km2", "km²"), ("km3", "km³"), ("m2", "m²"), ("**2", "²"), ("**3", "³"), ("_", " ")):
        text = text.replace(plain_form, raised)
    return text


def humanised(name: str) -> str:
    """A name of the model in words: ``front.held_land[kharkiv]`` becomes ``Held land, kharkiv (front)``."""
    path, _, element = name.partition("[")
    element, _, rest = element.partition("]")
    module, _, last = path.rpartition(".")
    words = _spaced(last + rest)
    words = words[:1].upper() + words[1:] + (f", {_spaced(element)}" if element else "")
    return f"{words} ({', '.join(map(_spaced, module.split('.')))})" if module else words


def _spaced(name: str) -> str:
    return " ".join(ACRONYMS.get(word, word) for word in name.replace(".", " ").replace("_", " ").split())


def in_words(number: int) -> str:
    small = "no one two three four five six seven eight nine ten eleven twelve".split()
    return small[number] if 0 <= number < len(small) else count(number)


def listed(items: list[str]) -> str:
    """``a, b and c``."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""
