"""Code for other processors than this one: the same bytes without fused multiply-adds, which are calls there.

And with truths as another processor has them: a bit a lane in registers of their own, or as wide as numbers.
"""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names processors of this kind")

MODEL = """
model: many_kinds
clock: {start: 2025-01-06, step: 1 week, horizon: 6 weeks}
parameters: {p: {prior: "gamma(2, 1)"}}
draws: {g: "gamma(2, 0.5)", z: "normal(0, 1)", n: poisson(2)}
states: {s: {initial: 1, next: "0.9*s + abs(g + z/7 + n*p)**0.7"}}
events: {e: {rate: s/year}}
phases:
  mood:
    values: [calm, angry]
    initial: calm
    moves:
      - calm -> angry: {on: e}
actors: {lord: {precision: 2}}
decisions:
  lord.answer:
    initial: wait
    every: 2 weeks
    options: {wait: 0, strike: {utility: s - 1, when: mood.angry}}
measures: {strength: s}
outcomes: {often: {when: e.count >= 2}, seldom: otherwise}
"""
RUN = """
import sys
import llvmlite.binding as llvm
from sim.compiler import kernel
from sim.compiler.native import Target
from sim.engine.run import run
from sim.model.load import load
from sim.output.csv_text import csv_text
from sim.output.tables import all_tables

if sys.argv[2] == "other truths":
    masks, kernel.CODE = not Target().masks, kernel.CODE + sys.argv[2]
    Target.masks = masks
elif sys.argv[2] != "this":
    llvm.get_host_cpu_name = lambda: sys.argv[2]
    llvm.get_host_cpu_features = lambda: llvm.FeatureMap()
for table in all_tables(run(load(sys.argv[1]), n=300, seed=3, threads=1)):
    print(csv_text(table))
"""


def output(folder, processor):
    path = folder / "model.yaml"
    path.write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), processor], capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("processor", ["x86-64", "haswell", "other truths"])
def test_another_processor_gives_the_same_bytes(tmp_path, processor):
    assert output(tmp_path, processor) == output(tmp_path, "this")
