"""Tables as Parquet, for those who have pyarrow."""

import io
from importlib.util import find_spec

from sim.errors import UsageError
from sim.output.tables import Table


def require_parquet() -> None:
    """Refuse early where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise UsageError("Parquet needs pyarrow: pip install 'crossroads-sim[parquet]'")


def parquet_bytes(table: Table) -> bytes:
    """The file of a table; NaN becomes null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [column.name for column in table.columns]
    data = [pa.array(values, from_pandas=True) for values in table.data]
    buffer = io.BytesIO()
    pq.write_table(pa.table(data, names=names), buffer, compression="zstd")
    return buffer.getvalue()
