"""Tables as CSV: UTF-8, header line, shortest decimals that read back as the same number, no NaN."""

import csv
import io
from typing import Any

from sim.output.tables import Table

EXECUTED = ("=", "+", "-", "@", "\t", "\r")  # text that begins so is a formula to a spreadsheet


def csv_text(table: Table) -> str:
    """The file of a table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows(zip(*([_cell(x) for x in column] for column in table.data), strict=True))
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(value + 0.0) if value == value else ""  # + 0.0: no negative zero
    if isinstance(value, str):
        return f"'{value}" if value.startswith(EXECUTED) else value
    return str(value)
