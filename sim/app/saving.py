"""A state as a study: YAML that ``crossroads run`` reads and that gives the numbers that were shown."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.app.state import State
from sim.errors import UsageError
from sim.model.declarations import Study
from sim.model.document import Mapping, compose
from sim.model.source import Report, Source
from sim.model.study import plain
from sim.output.text_file import write_new

REFERENCE = "reference"


def study_text(study: Study, state: State, name: str, folder: Path, n: int, seed: int) -> str:
    """The study as YAML, for a file in ``folder``.

    Settings that the explored study lays over all its scenarios go into the new ones, where changes can follow them.
    """
    written = _written(study.path)
    everywhere: dict[str, Any] = written.get("set") or {}
    added = written["scenarios"] if isinstance(written.get("scenarios"), dict) else {}
    taken = {scenario.name for scenario in study.model.scenarios}
    scenarios = dict(added)
    if everywhere:
        scenarios[fresh(REFERENCE, taken)] = {"inherits": state.against, "set": everywhere}
    changes: dict[str, Any] = {"inherits": state.scenario}
    changed = dict(state.values)
    values = {key: value for key, value in everywhere.items() if key not in changed} | changed
    changes |= {"set": values} if values else {}
    changes |= {"force": dict(state.forced)} if state.forced else {}
    scenarios[scenario_name(name, study)] = changes
    model = _model_path(study, written)
    document: dict[str, Any] = {
        "study": name,
        "title": f"Explored: {study.title or study.name}",
        "about": f"{_title(study, state.scenario)}, with {state.n_changes} changed, "
        f"against {_title(study, state.against)}.",
        "model": os.path.relpath(model, folder).replace(os.sep, "/"),
        "scenarios": scenarios,
    }
    if "measures" in written and "study" in written:
        document["measures"] = written["measures"]
    document |= {"trajectories": n, "seed": seed, "output": f"results/{name}"}
    return "\n".join(_yaml(document)) + "\n"


def save_study(text: str, name: str, folder: Path) -> Path:
    """Write it to a file that does not exist yet."""
    path = folder / f"{name}.yaml"
    write_new(path, text)
    return path


def check_study_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise UsageError(f"{name!r} is no name for a study: lower case letters, digits and _, a letter first")


def scenario_name(name: str, study: Study) -> str:
    """What the explored scenario is called in the saved study."""
    return fresh(name, {scenario.name for scenario in study.model.scenarios})


def reference_name(study: Study, state: State) -> str:
    """What the scenario compared with is called there."""
    if not _written(study.path).get("set"):
        return state.against
    return fresh(REFERENCE, {scenario.name for scenario in study.model.scenarios})


def fresh(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(t for i in range(2, 9999) if (t := f"{name}_{i}") not in taken)


def _title(study: Study, name: str) -> str:
    return next((s.title for s in study.model.scenarios if s.name == name and s.title), name)


def _written(path: str) -> dict[str, Any]:
    """The file that is explored, as plain values; nothing of it where it is a model."""
    text = Path(path).read_text(encoding="utf-8")
    node = compose(Source(path, text), Report())
    if not isinstance(node, Mapping) or node.get("study") is None:
        return {}
    found: Any = plain(node)
    return dict(found)


def _model_path(study: Study, written: dict[str, Any]) -> str:
    if not written:
        return os.path.abspath(study.path)
    return os.path.abspath(os.path.join(os.path.dirname(study.path), str(written["model"])))


def _yaml(value: dict[str, Any], indent: int = 0) -> Iterator[str]:
    """Mappings as blocks; all else as JSON, which is YAML too."""
    for key, item in value.items():
        name = key if re.fullmatch(r"[a-z][a-z0-9_.]*", key) else json.dumps(key)
        if isinstance(item, dict) and item:
            yield f"{' ' * indent}{name}:"
            yield from _yaml(item, indent + 2)
        else:
            yield f"{' ' * indent}{name}: {_json(item)}"


def _json(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value):
        return value if value not in ("true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL") else (
            json.dumps(value)
        )  # fmt: skip
    return json.dumps(value, ensure_ascii=False)
