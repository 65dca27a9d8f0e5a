"""What a command says of its journal when it is stopped."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.output.store import Store


@contextlib.contextmanager
def resumable(store: "Store") -> Iterator[None]:
    """If the work within is stopped, say how it goes on."""
    journal = store.journal
    try:
        yield
    except BaseException:
        if journal is not None and journal.is_begun:
            sys.stderr.write(f"what is done is kept in {store.partial}; the same command with --resume goes on\n")
        raise
    finally:
        if journal is not None and journal.trouble:
            sys.stderr.write(f"{journal.trouble}: the run could not be resumed from here\n")
