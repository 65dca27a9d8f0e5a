"""The text behind every error code: what ``explain E204`` prints and ``docs/errors.md`` lists.

E1xx files and YAML, E2xx expressions and units, E3xx names and declarations, E4xx scenarios, E5xx studies, Wxxx
warnings.
"""

from sim.errors.code import Code
from sim.errors.declarations import DECLARATIONS
from sim.errors.files import FILES
from sim.errors.language import LANGUAGE
from sim.errors.scenarios import SCENARIOS

CODES: dict[str, Code] = {**FILES, **LANGUAGE, **DECLARATIONS, **SCENARIOS}

_HEAD = """# Errors

Every problem of a model or study has a code, a place and one sentence; `crossroads explain E204` prints what stands
here. Problems are reported all at once, and nothing is written.
"""


def errors_page() -> str:
    """The page of all codes, in Markdown."""
    return _HEAD + "".join(f"\n{explanation_of(code)}" for code in CODES)


def explanation_of(code: str) -> str:
    """One code explained, in Markdown."""
    entry = CODES[code]
    call = "".join(f"\nGiven with `--set {setting}`.\n" for setting in entry.settings)
    saved = f"\nSaved in the encoding {entry.encoding}.\n" if entry.encoding != "utf-8" else ""
    example = f"```yaml\n{entry.example.rstrip()}\n```\n{call}{saved}"
    return f"## {code} {entry.title}\n\n{entry.explanation}\n\n{example}\n{entry.hint}\n"
