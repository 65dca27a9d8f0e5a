"""Tables as CSV: UTF-8, header line, shortest decimals that read back as the same number, no NaN."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.output.tables import Cells, Table

AT_ONCE = 2**14  # rows whose text is made at once
EXECUTED = ("=", "+", "-", "@", "\t", "\r")  # text that begins so is a formula to a spreadsheet


def csv_text(table: Table) -> str:
    """The file of a table."""
    return "".join(csv_parts(table))


def csv_parts(table: Table) -> Iterator[str]:
    """The same in parts, of which none is long."""
    yield ",".join(_cells([column.name for column in table.columns])) + "\n"
    for start in range(0, len(table), AT_ONCE):
        columns = [_cells(values[start : start + AT_ONCE]) for values in table.data]
        yield "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def _cells(values: Cells) -> list[str]:
    """The cells of a column; of repeated texts each is made once."""
    values = values.tolist() if isinstance(values, np.ndarray) else values
    kinds = set(map(type, values))
    if kinds == {str}:
        made = {text: _text(text) for text in set(values)}
        return [made[text] for text in values]
    if kinds == {float}:
        return [repr(value + 0.0) if value == value else "" for value in values]  # + 0.0: no negative zero
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return repr(float(value) + 0.0) if value == value else ""
    return str(value)


def _text(text: str) -> str:
    """The text exactly, made harmless and quoted where it must be."""
    if text.startswith(EXECUTED):
        text = f"'{text}"
    if any(sign in text for sign in ',"\n\r'):
        text = '"' + text.replace('"', '""') + '"'
    return text
