"""Every setting that decides a training at the profile ``paper``, its value, and where it comes from.

Values are read from what would be trained: nothing here is written down twice. Where they come from stands in tables,
``methods/sources.csv`` for what papers share and ``methods/<paper>/sources.csv`` for what is a paper's own.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import torch
from torch import nn

from depnb.corpus.synthetic.recipe import pretraining_identities, sessions
from depnb.methods.contract import Learning, Paper, Recipe
from depnb.methods.profiles import Profile, Scale
from depnb.methods.registry import TrainingSpec, specification
from depnb.training import face_recipe
from depnb.training.loop import optimiser

PROFILE = "paper"
CORPUS = "AVEC2014"
COLUMNS = ("field", "protocol", "kind", "source", "other")
KINDS = ("printed", "official code", "erratum", "ours")
UNVALUED = ("inputs.face_alignment", "inputs.augmentation", "inputs.videos", "network.initialisation")
"""Settings that are functions: they have a source, and no value that a table could show."""
ONLY_SPEED = ("foreach", "maximize", "capturable", "differentiable", "fused", "decoupled_weight_decay")
"""Arguments of torch's optimisers that change no step beyond rounding, or are never set."""
PLACE = re.compile(r"§|\beq\.|\bTable|\bFig\.|\babstract\b", re.IGNORECASE)
NUMBER = re.compile(r"\bE\d{2,}\b")
UNSTATED = re.compile(r"not stated|none known|$")
"""How a cell of the ledger begins if the paper does not say."""


class Source(NamedTuple):
    """Where a setting comes from.

    Attributes:
        kind: one of ``KINDS``; empty where no table says.
        source: section, equation or table; number of an erratum; file of the official code; or why, if it is ours.
        other: what else was possible.
    """

    kind: str = ""
    source: str = ""
    other: str = ""


class Setting(NamedTuple):
    """One setting of a training: dotted name, value (``None`` for the ``UNVALUED``), and as in ``Source``."""

    field: str
    value: Any
    kind: str
    source: str
    other: str


Sources = Mapping[tuple[str, str], Source]
"""By field and protocol, of which an empty one stands for all."""


def settings(paper: Paper, row: str, protocol: str, corpus: str = CORPUS) -> list[Setting]:
    """What decides the training of a row at the profile ``paper``, under a protocol, on a real corpus of that name.

    What can have no effect there is left out: how many frames of a video are taken, where a stride takes them; how
    faces are learnt, where no row begins with that.

    Raises:
        KeyError: no such row or protocol; the message lists those that there are.
        ValueError: as ``registry.specification``, or a table of sources is not as it should be.
    """
    spec = specification(paper, row, PROFILE, protocol, corpus)
    known = sources(paper.name)
    return [Setting(name, value, *_source_of(known, name, protocol)) for name, value in _values(paper, spec).items()]


def by_row(paper: Paper, protocol: str) -> dict[str, dict[str, Setting]]:
    """Each setting of any row that is trained, by field and row; the paper's own row comes first."""
    own = next(row for row, *_ in paper.grid["headline"] if row in paper.rows)
    found: dict[str, dict[str, Setting]] = {}
    for row in dict.fromkeys((own, *paper.rows)):
        for setting in settings(paper, row, protocol):
            found.setdefault(setting.field, {})[row] = setting
    return found


def recipes(paper: Paper) -> list[str]:
    """The protocols under which a training on real people is another one: ``paper``, and those with a recipe."""
    return ["paper", *(name for name, it in paper.protocols.items() if name != "paper" and it.recipe != Recipe())]


def problems(paper: Paper) -> list[str]:
    """What is missing or contradictory in the sources of a paper's settings, one sentence each."""
    walked = {protocol: by_row(paper, protocol) for protocol in recipes(paper)}
    found = []
    for protocol, table in walked.items():
        for field, rows in table.items():
            source = Source(*next(iter(rows.values()))[2:])
            wrong = _wrong(paper.name, field, source)
            found += [f"{field} (protocol {protocol}, row {next(iter(rows))}) {wrong}."] if wrong else []
    for field, protocol in _lines(f"depnb.methods.{paper.name}"):
        if protocol and protocol not in walked:
            found.append(f"sources.csv has a line for the protocol {protocol}: choose from {', '.join(walked)}.")
        elif not any(field in table for name, table in walked.items() if protocol in ("", name)):
            found.append(f"sources.csv has a line for {field}, which no row has: remove it.")
    return list(dict.fromkeys(found))


def _wrong(paper: str, field: str, source: Source) -> str:
    """What is wrong with the source of a setting, in the words of a sentence that begins with the setting."""
    if not source.kind:
        return "has no line in sources.csv: say where it comes from"
    if source.kind == "printed" and not PLACE.search(source.source):
        return f"is printed in {source.source!r}: name a section (§), equation (eq.), Table, Fig. or the abstract"
    if source.kind == "erratum" and not NUMBER.search(source.source):
        return f"is read as an erratum says, and {source.source!r} has no number such as E17: name it"
    if not source.source:
        return "has a line in sources.csv without a source: say where it comes from"
    lines = _table("ledger_columns.csv")
    for column in (line["column"] for line in lines if line["field"] == field and line["paper"] in ("", paper)):
        said = _said(paper, column)
        if source.kind == "ours" and said and not UNSTATED.match(said):
            return f"is called ours, but the paper says {said!r}: use that, or name the erratum that says why not"
        if source.kind == "printed" and UNSTATED.match(said or "-"):
            return f"is called printed, but is {said!r} in {column} of printed/protocols.csv: correct one of the two"
    if source.kind == "official code" and UNSTATED.match(_said(paper, "official_code_note")):
        return "is called the official code's, but none is known: say where it comes from"
    return ""


def _said(paper: str, column: str) -> str:
    """A cell of the ledger; empty for a paper that is not in it."""
    return next((line[column] for line in _table("printed/protocols.csv") if line["paper"] == paper), "")


def sources(paper: str) -> Sources:
    """Where the settings of a paper come from.

    Raises:
        ValueError: a table has other columns, a kind that is not one of ``KINDS``, or the same line twice.
    """
    return {**_lines("depnb.methods"), **_lines(f"depnb.methods.{paper}")}


def _source_of(known: Sources, field: str, protocol: str) -> Source:
    return known.get((field, protocol)) or known.get((field, "")) or Source()


def _lines(package: str) -> dict[tuple[str, str], Source]:
    found: dict[tuple[str, str], Source] = {}
    for number, line in enumerate(_table("sources.csv", package), start=1):
        where = f"sources.csv of {package}, entry {number},"
        if tuple(line) != COLUMNS or None in line.values():
            raise ValueError(
                f"{where} has not the cells {', '.join(COLUMNS)}: put texts with a comma in quotation marks."
            )
        field, protocol, kind, source, other = line.values()
        if kind not in KINDS:
            raise ValueError(f"{where} has the kind {kind!r}: choose from {', '.join(KINDS)}.")
        if (field, protocol) in found:
            raise ValueError(f"{where} is for {field} again: remove one of the two.")
        found[field, protocol] = Source(kind, source, other)
    return found


@cache
def _table(name: str, package: str = "depnb.methods") -> list[dict[str, str]]:
    """The lines of a table in a folder; none if there is no such file."""
    table = files(package).joinpath(name)
    if not table.is_file():
        return []
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines(keepends=True)))


def _values(paper: Paper, spec: TrainingSpec) -> dict[str, Any]:
    found = _flat("config", spec.config) | _flat("profile", spec.profile, leave=("name", *spec.profile.elsewhere()))
    found |= {"profile.checks": spec.profile.checks}
    if spec.input_spec.step is not None:
        del found["profile.frames"]
    found |= _flat("protocol", spec.protocol, leave=("recipe",)) | {"frames.stride": spec.frame_stride}
    found |= _flat("inputs", spec.input_spec, leave=("prepare", "still"))
    found |= _flat("scores", spec.learning.scores, leave=("epochs", "epsilon"))
    found |= _steps_taken("optimiser", spec.learning.scores, spec.profile)
    if getattr(spec.config, "start", None) == "identity":
        faces = spec.learning.faces
        found |= _flat("faces", faces, leave=("epsilon",)) | _pretraining(spec.profile, faces)
    return found | _network(paper.model, spec.config, spec.profile.scale) | dict.fromkeys(UNVALUED)


def _flat(prefix: str, of: Any, leave: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass under dotted names, those of dataclasses in it too."""
    found: dict[str, Any] = {}
    for f in fields(of):
        value, name = getattr(of, f.name), f"{prefix}.{f.name}"
        if f.name not in leave:
            found |= _flat(name, value) if is_dataclass(value) else {name: value}
    return found


def _steps_taken(prefix: str, learning: Learning, profile: Profile) -> dict[str, Any]:
    """The constants of the optimiser that would take the steps; its learning rate is the largest one."""
    made, _ = optimiser(learning, [nn.Parameter(torch.zeros(1))], profile.lr, profile.steps)
    constants = {name: value for name, value in made.defaults.items() if name not in ONLY_SPEED}
    return {f"{prefix}.class": type(made).__name__} | {f"{prefix}.{name}": value for name, value in constants.items()}


def _pretraining(profile: Profile, learning: Learning) -> dict[str, Any]:
    """How faces are learnt before."""
    recipe, shorter = pretraining_identities(profile.corpus_size), face_recipe.shorter(profile, learning)
    return {
        "pretraining.people": len({one.subject for one in sessions(recipe) if one.partition == "train"}),
        "pretraining.pictures": face_recipe.pictures(profile),
        "pretraining.seed": "that of the run",
        "pretraining.steps": shorter.steps,
        "pretraining.batch": shorter.batch,
    } | _steps_taken("pretraining", learning, shorter)


@cache
def _network(model: Callable[[Any, Scale], Any], config: Any, scale: Scale) -> dict[str, Any]:
    """Constants of a network, and how many of its weights are trained."""
    with torch.device("meta"):  # without tensors
        network = model(config, scale)
    parts: list[nn.Module] = list(network.modules())
    norms = [part for part in parts if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    frozen = {id(weight) for part in parts if getattr(part, "frozen", False) for weight in part.parameters()}
    weights = list(network.parameters())
    drops = [part.p for part in parts if isinstance(part, nn.modules.dropout._DropoutNd)]
    found = {
        "network.parameters": sum(weight.numel() for weight in weights),
        "network.trained_parameters": sum(w.numel() for w in weights if w.requires_grad and id(w) not in frozen),
        "network.dropout": tuple(sorted(set(drops))),
    }
    if norms:
        found["network.normalisation_eps"] = tuple(sorted({norm.eps for norm in norms}))
        found["network.normalisation_momentum"] = tuple(sorted({norm.momentum for norm in norms if norm.momentum}))
    return found | {
        f"network.{name}": getattr(network, name) for name in ("objective", "starts_drawn") if hasattr(network, name)
    }
