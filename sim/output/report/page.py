"""Puts sections, style, script and the charting library into one file that needs nothing else."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import sim
from sim.output.report import colours, text
from sim.output.report.charts import Cell, page_json
from sim.output.report.contents import Report
from sim.output.report.provenance import failures
from sim.output.report.sections import Context, Section, sections_of

HERE = Path(__file__).parent
MARK = '<meta name="generator" content="crossroads '  # by which a report of ours is known


@dataclass(frozen=True)
class Part:
    """A section that is made: ``context`` for its template, or the sentence on what is missing."""

    section: Section
    context: Context

    @property
    def missing(self) -> str:
        return self.context if isinstance(self.context, str) else ""


def render(report: Report) -> str:
    """The page."""
    parts = [Part(section, section.build(report)) for section in sections_of(report)]
    scripts = [_script("plotly-basic.min.js"), _script("page.js")]
    style = Markup(_style())
    return _environment().get_template("page.html.j2").render(
        report=report,
        parts=[part for part in parts if part.context is not None],
        failures=failures(report),
        facts=_facts(report),
        version=sim.__version__,
        policy=_policy(scripts, style),
        scripts=scripts,
        style=style,
        palette=Markup(page_json({"light": colours.LIGHT, "dark": colours.DARK})),
    )  # fmt: skip


def _facts(report: Report) -> list[str]:
    """The line under the title."""
    given = report.manifest
    facts = [_scenarios(report), _size(report)]
    if given.get("start") and given.get("end"):
        facts.append(f"{text.long_date(given['start'])} to {text.long_date(given['end'])}")
    seeds = dict.fromkeys(str(run.manifest.get("seed", "")) for run in report.directories)
    facts.append("seed " + ", ".join(seed for seed in seeds if seed) if any(seeds) else "")
    return [text.clip(fact, 200) for fact in facts if fact]


def _scenarios(report: Report) -> str:
    if len(report.scenarios) == 1:
        return f"One scenario: {text.clip(report.scenarios[0].title, 120)}"
    return f"{len(report.scenarios)} scenarios" if report.scenarios else ""


def _size(report: Report) -> str:
    """How many trajectories there are of each scenario, of sweeps at each point."""
    sizes = sorted({n for run in report.directories if isinstance(n := run.manifest.get("n"), int)})
    each = (" in each" if len(report.scenarios) > 1 else "") + (" at every point" if report.is_of_sweeps else "")
    return f"{' and '.join(text.count(n) for n in sizes)} trajectories{each}" if sizes else ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "plain": text.plain, "clip": text.clip, "percent": text.percent, "count": text.count,
        "long_date": text.long_date, "json": lambda chart: Markup(chart.spec()), "cell": _as_cell,
        "breakable": _breakable,
    }  # fmt: skip
    environment.globals["slug"] = _slug
    return environment


def _as_cell(value: Any) -> Cell:
    return value if isinstance(value, Cell) else Cell(str(value))


def _breakable(code: str) -> Markup:
    """A name that may be broken where its words end."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(text.clip(code, 120)))))


def _slug(number: int, kind: str) -> str:
    """An anchor that no name can get into."""
    return f"{kind}-{number}"


@cache
def _script(name: str) -> Markup:
    """A script that can stand in a page: nothing in it ends the element or asks for a map of its source."""
    folder = HERE / ("vendor" if name.startswith("plotly") else "templates")
    source = (folder / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    source = re.sub(r"//[#@]\s*sourceMappingURL=.*", "", source)
    return Markup(source.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


@cache
def _style() -> str:
    source = (HERE / "templates" / "page.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    names = [(kind, i, c) for kind, listed in colours.LIGHT.items() if kind != "ui" for i, c in enumerate(listed)]
    light = "".join(f"--{kind}{i}:{c};" for kind, i, c in names)
    dark = "".join(f"--{kind}{i}:{colours.DARK[kind][i]};" for kind, i, _ in names)
    swatches = "".join(f".{kind}{i}{{--mark:var(--{kind}{i})}}" for kind, i, _ in names)
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}@media print{{:root{{{light}}}}}"
        f"{swatches}\n{source}"
    )


def _policy(scripts: list[Markup], style: str) -> str:
    """Nothing may be loaded, and only this very script and style may act (the empty style is the library's own)."""
    allowed = " ".join(_hash(source) for source in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)} {_hash('')}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
