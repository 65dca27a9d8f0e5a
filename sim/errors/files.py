"""E1xx: files and YAML."""

from sim.errors.code import MODEL, Code, bad

FILES: dict[str, Code] = {
    "E101": bad(
        "A file that cannot be read",
        "The file does not exist, is a directory, or may not be read. The path of a module counts from the model file, "
        "the path of a model from the study.",
        "modules: [oil.yaml]\n",
        "Check the spelling of the path, and where it counts from.",
    ),
    "E102": Code(
        "A file that is not UTF-8",
        "Models and studies are text in the encoding UTF-8. The place is that of the first byte that is none.",
        MODEL + "about: Détente.\n",
        "Save the file as UTF-8.",
        encoding="latin-1",
    ),
    "E103": bad(
        "A file that is too large",
        "A file may have 5 MB, 64 levels of nesting and, with every alias written out, 100,000 values. "
        "A small file can hold very many values through aliases of aliases.",
        "title: " + "[" * 64 + "]" * 64 + "\n",
        "Split it into modules, or declare things over an index.",
    ),
    "E104": bad(
        "This is no YAML",
        "The file breaks the grammar of YAML: a bracket or quote is not closed, the indentation does not fit, a colon "
        "followed by a space or a special character stands in a text that is not quoted, a tab indents a line.",
        "title: The war: a model\n",
        "Quote texts that hold `: ` or begin with one of `*&!%@`, and indent with spaces.",
    ),
    "E105": bad(
        "A key given twice",
        "A mapping has each key once. YAML readers often take the last one silently; here it is an error.",
        "parameters:\n  x: 1\n  x: 2\nmeasures: [x]\n",
        "Delete or rename one of the two.",
    ),
    "E106": bad(
        "A text cut apart by YAML",
        "Inside `{}` and `[]` YAML splits at commas and gives brackets a meaning, so that an expression with a comma "
        "or a bracket is quoted there. In a block, without braces, no quotes are needed.",
        "draws: {shock: normal(0, 1)}\nmeasures: [shock]\n",
        'Quote it: `{shock: "normal(0, 1)"}`.',
    ),
    "E107": bad(
        "A control character",
        "Texts are shown in terminals, tables and pages, so that control characters and escape sequences have no place "
        "in them; line breaks and tabs are allowed in prose.",
        'title: "\\e[31mRed"\n',
        "Delete it.",
    ),
    "E108": bad(
        "A construct of YAML that is not used here",
        "Merge keys `<<`, tags of one's own, keys that are lists, and several documents in a file are not supported.",
        "parameters:\n  x: !secret 1\nmeasures: [x]\n",
        "Write it out plainly.",
    ),
    "E109": Code(
        "Neither a model nor a study",
        "A model has `model: name` at its top and a study `study: name`; a module holds sections. An empty file is "
        "none of them.",
        "parameters:\n  x: 1\n",
        "Begin the file with `model: name`.",
    ),
    "E110": bad(
        "An unknown field",
        "Every field has a name that is known where it stands, so that a slip of the pen is not silently ignored.",
        "parameters:\n  x: {value: 1, uint: km2}\nmeasures: [x]\n",
        "The message lists what is known there, or the nearest name.",
    ),
    "E111": bad(
        "A value of the wrong kind",
        "Something else is expected in this place: a number and not a text, a list and not a mapping, a date.",
        "dates: {election: soon}\n",
        "The message says what is expected.",
    ),
    "E112": bad(
        "A field is missing",
        "This declaration lacks a field without which it says nothing.",
        "parameters:\n  x: {unit: km2}\nmeasures: [x]\n",
        "Add the field that the message names.",
    ),
    "E113": bad(
        "A module that cannot be included",
        "Modules lie in the folder of the model or below it (links are followed), each is included once, no two have "
        "the same file name, which is the name of their namespace, and a model does not include itself.",
        "modules: [../oil.yaml]\n",
        "Move or rename the file.",
    ),
    "E114": bad(
        "A section in the wrong file",
        "`clock modules actors indexes dates units history outcomes correlations scenarios` stand in the model file "
        "only; every other section may stand in any file.",
        "modules: [oil.yaml]\n# file: oil.yaml\ndates: {election: 2025-01-13}\n",
        "Move the section to the model file.",
    ),
}
