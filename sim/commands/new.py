"""``crossroads new``: a small working model to start from."""

import json
import keyword
import re
from pathlib import Path

from sim.commands.terminal import Terminal
from sim.errors import UsageError

TEMPLATE = Path(__file__).parent / "new_model.yaml"
SCHEMA = "crossroads.schema.json"


def new_command(name: str, terminal: Terminal) -> int:
    """Write NAME.yaml, and beside it the schema that editors use; the exit status."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UsageError(f"{name!r} is no name for a model: lower_snake_case, and no Python keyword")
    from sim.model.schema import json_schema
    from sim.output.text_file import write_new

    model, schema = Path(f"{name}.yaml"), Path(SCHEMA)
    text = TEMPLATE.read_text(encoding="utf-8").replace("NAME", name)
    write_new(model, text)
    written = [model]
    if not schema.exists():
        write_new(schema, json.dumps(json_schema(), indent=2) + "\n")
        written.append(schema)
    if terminal.as_json:
        terminal.document({"files": [str(path) for path in written]})
    else:
        terminal.result(f"{model}\n\nnext: crossroads check {model}\n      crossroads run {model}")
    return 0
