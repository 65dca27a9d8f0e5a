"""``crossroads show``: what a model becomes, as a program and as machine code."""

from pathlib import Path

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal


def show_command(path: Path, kernel: bool, terminal: Terminal) -> int:
    """Print the program, or the code generated from it; the exit status."""
    study = load_study(path)
    from sim.compiler.kernel import kernel_text
    from sim.compiler.lower import lower
    from sim.compiler.program import text
    from sim.engine.run import varying_parameters

    program = lower(study.model, varying_parameters(study))
    shown = kernel_text(program) if kernel else text(program)
    if terminal.as_json:
        terminal.document({"kernel" if kernel else "program": shown})
    else:
        terminal.result(shown)
    return 0
