"""A check of a table in LaTeX where no TeX is: what would break it, by the rules of TeX's own characters."""

import re
from collections.abc import Iterator

COMMANDS = {
    "begin",
    "end",
    "toprule",
    "midrule",
    "bottomrule",
    "textasciitilde",
    "textasciicircum",
    "textbackslash",
    "space",
}
ESCAPED = set("&%$#_{}")
ENVIRONMENT = re.compile(r"\\(begin|end)\{tabular\}(\{[lcr]+\})?")


def breaks(source: str) -> Iterator[str]:
    """What keeps a table from being compiled, or from showing what is in its cells."""
    lines = source.strip().splitlines()
    body = [line for line in lines if not line.startswith("%")]
    begin, end = ENVIRONMENT.fullmatch(body[0]), ENVIRONMENT.fullmatch(body[-1])
    if not (begin and begin[2] and end):
        yield "no tabular around it"
        return
    columns = len(begin[2]) - 2
    rows = [line for line in body[1:-1] if line not in (r"\toprule", r"\midrule", r"\bottomrule")]
    for row in rows:
        if not row.endswith(r" \\"):
            yield f"a row without its end: {row}"
        if row.startswith(("[", "*")):
            yield f"an option of the line before: {row}"
        yield from _in_row(row.removesuffix(r"\\"), columns)


def _in_row(row: str, columns: int) -> Iterator[str]:
    cells, position, depth = 1, 0, 0
    while position < len(row):
        character, rest = row[position], row[position + 1 :]
        position += 1
        if character == "\\":
            name = re.match(r"[a-zA-Z]+|.?", rest, re.S)[0]
            position += len(name)
            if name not in ESCAPED | COMMANDS:
                yield f"a command \\{name}: {row}"
        elif character == "&":
            cells += 1
        elif character in "{}":
            depth += 1 if character == "{" else -1
        elif character in "%$#_^~" or not (character.isprintable() or character == " "):
            yield f"a bare {character!r}: {row}"
        if depth < 0:
            yield f"a bare brace: {row}"
    if cells != columns or depth:
        yield f"{cells} cells of {columns}, {depth} open braces: {row}"
