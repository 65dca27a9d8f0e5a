"""What the YAML parser says, in words that help an author."""

import re

import yaml

_QUOTE = "put the whole text in quotes"
# what the parser's message contains -> a sentence, a hint
_SENTENCES = [
    (
        "mapping values are not allowed",
        "a colon followed by a space cannot stand here",
        f"{_QUOTE}, or check the indentation",
    ),
    (
        "did not find expected ',' or '}'",
        "this mapping in braces is not closed, or a comma is missing",
        "close it with `}`",
    ),
    (
        "did not find expected ',' or ']'",
        "this list in brackets is not closed, or a comma is missing",
        "close it with `]`",
    ),
    (
        "did not find expected '-' indicator",
        "this is indented like a list item but is none",
        "begin it with `- `, or indent it differently",
    ),
    ("block sequence entries are not allowed", "a list item cannot stand here", "begin the list in a line of its own"),
    (
        "did not find expected key",
        "a key cannot stand here",
        "check the indentation, and quote a text that ends before its line does",
    ),
    (
        "could not find expected ':'",
        "this line has no colon, so it is neither a key nor a part of the text above",
        "check its indentation",
    ),
    ("unexpected ':'", "a colon needs a space after it here", f"add a space, or {_QUOTE}"),
    ("while scanning a quoted scalar", "this quoted text is never closed", "close the quote"),
    (
        "unknown escape character",
        "this backslash begins no escape that YAML knows",
        "use single quotes, in which a backslash is a backslash",
    ),
    ("invalid Unicode", "this escape names no character", "write the character itself"),
    (
        "while scanning a block scalar",
        "nothing but a comment may follow `|` or `>` in its line",
        "begin the text in the next line, or quote it",
    ),
    ("while scanning an alias", "an asterisk begins an alias here", 'quote the text, as in "*= 2"'),
    ("while scanning an anchor", "an ampersand begins an anchor here", "quote the text"),
    (
        "expected <document start>",
        "only one document, without text after it, may stand in a file",
        "check the indentation",
    ),
    ("incompatible YAML document", "this version of YAML is not supported", "delete the line"),
    ("a tag", "an exclamation mark begins a tag here", "quote the text"),
    (
        "did not find expected node content",
        "a value is expected here",
        "quote a text that begins with a special character",
    ),
]


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str, str, int]:
    """The code, a sentence, a hint, and the index of the character at fault."""
    said = f"{error.context or ''}; {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(text)) if mark else 0
    if "cannot start any token" in said:
        return "E104", *_bad_start(text[at : at + 1]), at
    if "',' or" in said and _is_subscript(text, at):
        hint = _QUOTE
        return "E106", "this bracket cut the text apart: inside {} and [] YAML gives brackets a meaning", hint, at
    if error.context_mark and ("',' or" in said or "quoted" in said) and not text[at:].strip():
        at = error.context_mark.index
    for part, sentence, hint in _SENTENCES:
        if part in said:
            return "E104", sentence, hint, at
    return "E104", f"this is no YAML ({error.problem or 'unreadable'})", "", at


def _bad_start(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab cannot indent YAML", "use spaces"
    return f"no text can begin with `{character}`", _QUOTE


def _is_subscript(text: str, at: int) -> bool:
    return text[at : at + 1] == "[" and re.search(r"\w$", text[max(0, at - 80) : at]) is not None
