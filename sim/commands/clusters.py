"""Who works through the chunks: threads of this process, or a Dask cluster."""

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.commands.run import RunOptions
    from sim.engine.executors import Executor


@contextlib.contextmanager
def executor_of(options: "RunOptions") -> "Iterator[Executor | None]":
    """The cluster that the options name; None: threads."""
    if options.cluster is None and options.scheduler_file is None:
        yield None
        return
    if re.fullmatch("local:0+", options.cluster or ""):
        raise UsageError(f"--cluster {options.cluster} starts no worker: give local:N with N of at least 1")
    from sim.engine.dask_executor import cluster

    with cluster(options.cluster, options.scheduler_file) as executor:
        yield executor
