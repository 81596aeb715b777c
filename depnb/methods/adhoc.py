"""Configurations that no table has: ``msn[kernels=(3,5,13)]`` is the row ``msn`` with another switch.

They are trained like any row and have a digest and a file of their own, but never one in the committed store.
"""

import ast
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from depnb.methods.contract import Paper


def is_adhoc(row: str) -> bool:
    """Whether the name of a row changes switches of another one."""
    return row.endswith("]")


def configuration(paper: Paper, row: str) -> Any:
    """The configuration of a row, or of one with other switches.

    Args:
        paper: whose row.
        row: a name of ``paper.rows``, or such a name with ``[SWITCH=VALUE,…]`` behind it. A value is written as in
            Python; a text needs no quotation marks.

    Raises:
        KeyError: no such row; the message lists those that there are.
        ValueError: it is not written like that, or there is no such switch or value; the message lists or names what
            is possible.
    """
    base, changed = _parsed(row)
    if base not in paper.rows:
        fused = "; a fused row has no switches of its own" if base in paper.fused else ""
        known = ", ".join((*paper.rows, *paper.fused))
        raise KeyError(f"No row of {paper.name} {base!r}: choose from {known}{fused}.")
    if changed:
        _check(paper, changed)
    return replace(paper.rows[base], **changed)


def canonical(row: str) -> str:
    """The one way in which a row with other switches is written: without spaces, the switches in order of names.

    Raises:
        ValueError: it is not written as ``configuration`` says.
    """
    base, changed = _parsed(row)
    switches = ",".join(f"{name}={_written(value)}" for name, value in sorted(changed.items()))
    return f"{base}[{switches}]" if changed else base


def named_switches(row: str) -> dict[str, Any]:
    """The switches that the name of a row changes, with their values; none of a row of the tables."""
    return _parsed(row)[1]


def _parsed(row: str) -> tuple[str, dict[str, Any]]:
    """Name of the row and the switches that are changed."""
    if not is_adhoc(row):
        return row, {}
    base, _, inside = row[:-1].partition("[")
    form = f"Row {row!r}: write it as ROW[SWITCH=VALUE,…], such as 'msn[kernels=(3,5,13)]'"
    try:
        call = ast.parse(f"row({inside})", mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{form}.") from error
    if not isinstance(call, ast.Call) or call.args or not call.keywords:
        raise ValueError(f"{form}.")
    changed: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in changed:
            raise ValueError(f"{form}, each switch once.")
        changed[keyword.arg] = _value(keyword.value, form)
    return base, changed


def _value(node: ast.expr, form: str) -> Any:
    if isinstance(node, ast.Name):
        return node.id
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"{form}; {ast.unparse(node)} is no value.") from error


def _written(value: Any) -> str:
    return value if isinstance(value, str) else repr(value).replace(" ", "")


def _check(paper: Paper, changed: Mapping[str, Any]) -> None:
    """Raises: ValueError, for a switch that the paper has not, or a value that the switch cannot have."""
    types = get_type_hints(paper.config)
    known = [field.name for field in fields(paper.config)]
    for name, value in changed.items():
        if name not in known:
            raise ValueError(f"{paper.name} has no switch {name!r}: choose from {', '.join(known)}.")
        try:
            TypeAdapter(types[name]).validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(f"{name}={_written(value)}: {error.errors()[0]['msg']}.") from error
