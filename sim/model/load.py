"""YAML files -> Study: everything that is wrong at once, or a model ready to compile. Touches the disk only to read."""

import codecs
import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.errors import ModelError, Problem
from sim.model.check import Checked
from sim.model.collect import File
from sim.model.declarations import Study
from sim.model.document import Mapping, Node, Scalar, compose
from sim.model.names import RESERVED
from sim.model.records import Record
from sim.model.scalars import check_name
from sim.model.schema import MODEL, MODULE, STUDY
from sim.model.source import At, Report, Source, Spot
from sim.model.study import study_of

LARGEST_FILE = 5_000_000


def load(path: str | os.PathLike[str], *, settings: Sequence[str] = (), scenarios: Sequence[str] = ()) -> Study:
    """The study in a file, be it a study or a model (then: all its scenarios).

    Args:
        path: a study, with ``study:`` at its top, or a model, with ``model:``.
        settings: ``name=value`` each, set in every scenario.
        scenarios: the names of those to run; without any, those that the study says.

    Raises:
        ModelError: with every problem that was found.
    """
    loader = _Loader(os.fspath(path))
    study = loader.study(settings, scenarios)
    if study is None or loader.report.errors:
        raise ModelError(loader.in_order(loader.report.errors))
    return study


class _Loader:
    """Reads the files of one study."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.report = Report()
        self.sources: dict[str, tuple[Source, str]] = {}  # by path as shown: text and digest

    def in_order(self, problems: list[Problem]) -> list[Problem]:
        """In the order of the files, and of the lines in them."""
        order = {path: i for i, path in enumerate(self.sources)}
        return sorted(problems, key=lambda p: (order.get(p.place.file, len(order)), p.place.line, p.place.column))

    def study(self, settings: Sequence[str], scenarios: Sequence[str]) -> Study | None:
        node = self.read(self.path, Spot(Source(self.path, "")))
        if node is None:
            return None
        if isinstance(node, Mapping) and node.get("study") is not None:
            record = STUDY.read(node, self.report)
            files = self.model_of(record) if record["model"] else None
        else:
            record, files = None, self.files(self.path, node)
        if files is None:
            return None
        checked = Checked(files, [(path, digest) for path, (_, digest) in self.sources.items()], self.report)
        study = study_of(checked, record, settings, scenarios, self.path)
        checked.finish()
        return replace(study, warnings=tuple(self.in_order(self.report.warnings)))

    def model_of(self, record: Record) -> list[File] | None:
        """The files of the model that a study names."""
        written = record["model"]
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), written.text))
        node = self.read(path, written)
        return None if node is None else self.files(path, node)

    def files(self, path: str, node: Node) -> list[File] | None:
        """The model file and its modules; None where the clock or the whole is unreadable."""
        top = Spot(node.source)
        if isinstance(node, Mapping) and node.get("study") is not None:
            self.report.add("E109", f"{path} is a study, where a model is expected", top)
            return None
        if not isinstance(node, Mapping) or node.get("model") is None:
            hint = "a model begins with `model: name`, a study with `study: name`"
            self.report.add("E109", f"{path} is neither a model nor a study", top, hint)
            return None
        record = MODEL.read(node, self.report)
        seen = {os.path.realpath(path): path}
        modules = [self.module(path, written, seen) for written in record["modules"] or ()]
        incomplete = any(module is None for module in modules)
        record.faulty |= incomplete
        return [File("", record), *(module for module in modules if module is not None)]

    def module(self, root: str, written: Scalar, seen: dict[str, str]) -> File | None:
        """A module, unless it is elsewhere, there already, or unreadable."""
        path = os.path.normpath(os.path.join(os.path.dirname(root), written.text))
        if not self.may_include(root, path, written, seen):
            return None
        node = self.read(path, written)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self.report.add("E109", f"{path} is no module: it holds no sections", Spot(node.source))
            return None
        return File(Path(path).stem, MODULE.read(node, self.report))

    def may_include(self, root: str, path: str, written: Scalar, seen: dict[str, str]) -> bool:
        real, folder, name = os.path.realpath(path), os.path.realpath(os.path.dirname(root) or "."), Path(path).stem
        message = ""
        if os.path.isabs(written.text) or os.path.commonpath((real, folder)) != folder:
            message = f"`{written.text}` is outside the folder of the model"
        elif real == os.path.realpath(root):
            message = "a model cannot include itself"
        elif real in seen:
            message = f"`{written.text}` is included already"
        elif name in (Path(other).stem for other in list(seen.values())[1:]):
            message = f"two modules are called `{name}`: their names are those of their files"
        elif name in RESERVED:
            message = f"a module cannot be called `{name}`, a name of the language"
        elif not check_name(Scalar(written.source, written.line, written.column, 0, 0, name, name), self.report):
            return False
        seen.setdefault(real, path)
        if message:
            self.report.add("E113", message, written)
        return not message

    # -- one file

    def read(self, path: str, at: At) -> Node | None:
        """The tree of a file; None, and a problem at ``at``, or in it, where there is none."""
        data = self.bytes_of(path, at)
        if data is None:
            return None
        source = Source(path, "")
        self.sources[path] = source, hashlib.sha256(data).hexdigest()
        try:
            source.text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError as error:
            source.text = data.decode("utf-8", "replace")
            where = len(data[: error.start].decode("utf-8", "replace"))
            self.report.add("E102", "the file is not UTF-8 here", source.spot(where), "save it in the encoding UTF-8")
            return None
        before = len(self.report.errors)
        node = compose(source, self.report)
        if node is None and len(self.report.errors) == before:
            self.report.add("E109", f"{path} is empty", Spot(source))
        return node

    def bytes_of(self, path: str, at: At) -> bytes | None:
        try:
            if not os.path.isfile(path):
                os.stat(path)
                raise OSError(0, "it is no file")
            with open(path, "rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or "this is no path").lower()
            self.report.add("E101", f"{printable(path)} cannot be read: {reason}", at)
            return None
        if len(data) > LARGEST_FILE:
            self.report.add("E103", f"{path} is larger than {LARGEST_FILE // 1_000_000} MB, the limit", at)
            return None
        return data


def printable(path: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in path)
