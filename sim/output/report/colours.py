"""One colour per scenario, outcome and value, the same in every chart; chosen to differ for colour-blind readers too.

Scenarios: Okabe and Ito's set, with the first a neutral grey and the light ones deepened until a thin line has a
contrast of 3:1. Outcomes: Tol's muted set. Values of phases and decisions, which only ever fill areas: Tol's light set.
No chart relies on colour alone: lines and dots also differ in dash, symbol or place, and every number is in a table.
"""

LIGHT: dict[str, list[str]] = {
    "s": [
        "#5b6370",
        "#0072b2",
        "#d55e00",
        "#008f68",
        "#b0508b",
        "#a87400",
        "#2a8fcb",
        "#7a4b2a",
        "#5146b0",
        "#c2255c",
        "#00798c",
        "#6f7d00",
    ],
    "o": ["#5a4fa8", "#88ccee", "#cc6677", "#117733", "#ddcc77", "#882255", "#44aa99", "#999933", "#aa4499", "#9aa1ab"],
    "v": ["#77aadd", "#ee8866", "#eedd88", "#44bb99", "#ffaabb", "#bbcc33", "#99ddff", "#aaaa00", "#c9a0dc", "#b5bac2"],
    "ui": ["#1b2230", "#5b6370", "#d9dde4", "#ffffff", "#8b93a1"],  # ink, soft ink, grid, paper, zero line
}
DARK: dict[str, list[str]] = {
    "s": [
        "#a7b0be",
        "#4aa8e8",
        "#ff8a3d",
        "#30c79b",
        "#e394c4",
        "#eab52e",
        "#8fd3ff",
        "#c89d78",
        "#9d93f2",
        "#f2709c",
        "#4cc3d4",
        "#b9c84a",
    ],
    "o": ["#8f86e0", "#88ccee", "#dd7788", "#3fa35c", "#ddcc77", "#c4558a", "#44aa99", "#a9a94a", "#c765b8", "#9aa1ab"],
    "v": ["#5f93c8", "#d77653", "#cdbb62", "#37a385", "#dd8797", "#9fb023", "#78bedf", "#8f8f0c", "#a983bd", "#8d949f"],
    "ui": ["#e8ebf0", "#a7b0be", "#343b48", "#171b22", "#7d8695"],
}
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot")


def colour(kind: str, index: int) -> str:
    """The class of a swatch in the page, and behind ``~`` the colour of a mark in a chart."""
    n = len(LIGHT[kind])
    if kind == "s" and index:  # the grey is the reference's alone
        return f"s{1 + (index - 1) % (n - 1)}"
    return f"{kind}{index % n}"


def ink(kind: str, index: int, alpha: float = 1.0) -> str:
    """A colour of a chart, looked up in the palette of the theme when it is drawn."""
    return f"~{colour(kind, index)}/{alpha:g}"


def symbol(index: int) -> str:
    """A scenario's mark: it changes with the colour, so that neither has to be told from the other alone."""
    return SYMBOLS[(index + index // len(LIGHT["s"])) % len(SYMBOLS)]


def dash(index: int) -> str:
    return DASHES[(index // len(LIGHT["s"])) % len(DASHES)]
