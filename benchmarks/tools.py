"""What the benchmarks share: interleaved rounds, tables, the machine.

Machines are noisy: contestants take turns, and what is read is the median over the rounds of the ratio of two times of
the same round. Nothing is asserted.
"""

import argparse
import csv
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sim import __version__

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results" / "bench"
UKRAINE = "configs/ukraine/model.yaml"
Row = dict[str, object]
Table = list[dict[str, str]]
Tables = dict[str, Table]


def arguments(description: str | None) -> argparse.Namespace:
    """``--quick`` and ``--rounds``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes, and no numbers to rely on")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    return parser.parse_args()


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """The time that each one took in every round; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            begun = clock()
            work()
            times[name].append(clock() - begun)
    return times


def spread(name: str, values: Sequence[float]) -> Row:
    """Median and range as three columns."""
    return {name: median(values), f"{name}_least": min(values), f"{name}_most": max(values)}


def ratios(times: Sequence[float], base: Sequence[float]) -> list[float]:
    """Round by round."""
    return [one / other for one, other in zip(times, base, strict=True)]


def folder(quick: bool) -> Path:
    """Where results go: those of quick runs apart, so that they are never taken for others."""
    place = RESULTS / "quick" if quick else RESULTS
    place.mkdir(parents=True, exist_ok=True)
    return place


def save(name: str, rows: Sequence[Row], quick: bool) -> None:
    """Write a table and print it."""
    path = folder(quick) / f"{name}.csv"
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print("  ".join(f"{key} {_shown(value)}" for key, value in row.items()))
    print(f"{path.relative_to(ROOT)}\n", flush=True)


def read(quick: bool) -> Tables:
    """All tables of earlier runs; one that is missing is empty."""
    tables: Tables = defaultdict(list)
    for path in folder(quick).glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def number(row: Mapping[str, str], column: str) -> float:
    """A number of a row; NaN where it has none."""
    return float(row.get(column) or "nan")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def crossroads(*words: str) -> list[str]:
    """A command line, in this environment."""
    return [str(Path(sys.executable).with_name("crossroads")), *words]


@dataclass(frozen=True)
class Finished:
    wall: float
    cpu: float
    peak: float  # MB
    output: str


def launched(command: Sequence[str], variables: Mapping[str, str] | None = None) -> Finished:
    """Run a process of its own to its end, with its time and its peak of memory."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **(variables or {})}
    ) as child:
        output = child.stdout.read() if child.stdout else ""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {child.returncode}")
    return Finished(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def machine() -> list[Row]:
    """What the numbers were measured on and with."""
    facts: dict[str, str] = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": platform.platform(terse=True),
        "load": f"{os.getloadavg()[0]:.1f} at the end of the last minute",
        "Python": platform.python_version(),
        "gcc": _gcc(),
        "crossroads": __version__,
    }
    for package in ("numpy", "numba", "llvmlite", "jax", "ema_workbench", "simpy", "mesa"):
        try:
            facts[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            facts[package] = "not installed"
    return [{"what": name, "is": value} for name, value in facts.items()]


def _processor() -> str:
    """Its name; where a hypervisor hides it, at least the family."""
    if not os.path.exists("/proc/cpuinfo"):
        return platform.processor()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        facts = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "no AVX")
    return f"{facts.get('model name', platform.machine())}, {widest}"


def _gcc() -> str:
    if shutil.which("gcc") is None:
        return "not installed"
    return subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
