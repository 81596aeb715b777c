"""What is missing or contradictory in the folder of a paper, before anything is trained."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

import depnb.methods
from depnb.corpus.records import PARTITIONS
from depnb.corpus.synthetic.recipe import NAMED
from depnb.inputs.spec import LANDMARKS, InputSpec, LandmarkedClips
from depnb.methods.contract import FURTHER, Figure, Learning, Paper
from depnb.methods.printed import PAPERS, printed
from depnb.methods.profiles import Profile
from depnb.nets.weights.registry import IMPORTED
from depnb.system.repository import NOTEBOOKS, ROOT

FILES = ("__init__.py", "__init__.pyi", "network.py", "sources.csv")
CORPORA = (*NAMED, *FURTHER)
STARTS = ("identity", "imagenet", "scratch", *IMPORTED)
PREDICTORS = ("constant", "identity_only")
JUDGED = ("test", "unseen", "folds")
ANSWERS = ("start_at", "loss", "score", "describe")
BATCH = 2
LOOK = (
    "import sys, depnb.methods; depnb.methods.__path__ = sys.argv[2:]; "
    "__import__(f'depnb.methods.{sys.argv[1]}.rows'); print('torch' in sys.modules)"
)


def problems(name: str) -> list[str]:
    """What is missing or contradictory in ``depnb/methods/<name>/``, one sentence each; empty when all is good.

    Nothing is trained, but each network is built at the profile ``smoke`` and looks at one small input.
    """
    folders = [Path(place) / name for place in depnb.methods.__path__]
    folder = next((folder for folder in folders if (folder / "rows.py").is_file()), None)
    if folder is None:
        return [f"depnb/methods/{name}/rows.py is missing: write it as docs/adding_a_paper.md says."]
    try:
        paper = getattr(import_module(f"depnb.methods.{name}.rows"), "PAPER", None)
    except Exception as error:  # a file that is being written may fail in any way
        return [f"rows.py cannot be imported: {_short(error)}. Correct it first."]
    found = [f"{file} is missing in {folder}: add it." for file in FILES if not (folder / file).is_file()]
    found += _guarded("The import of rows.py alone", _without_torch(name))
    found += _guarded(f"The import of depnb.methods.{name}", _exported(name))
    if not isinstance(paper, Paper):
        return [*found, f"rows.py has no PAPER of the type Paper, but {paper!r}: end it with PAPER = Paper(...)."]
    if paper.name != name:
        found.append(f"The folder is {name!r}, but PAPER.name is {paper.name!r}: give both the same name.")
    return found + problems_of(paper)


def problems_of(paper: Paper) -> list[str]:
    """What is missing or contradictory in the fields of a paper, one sentence each."""
    checks = (_basics, _config, _protocols, _grid, _fused, _tables, _claims, _figures, _training, _networks)
    return [problem for check in checks for problem in _guarded(f"The check of {check.__name__[1:]}", check(paper))]


def _guarded(what: str, found: Iterable[str]) -> Iterator[str]:
    """The problems that a check finds; if it fails itself, that is one more, and no end of the other checks."""
    try:
        yield from found
    except Exception as error:  # what is wrong with a paper may stop a check in any way
        yield f"{what} stops with {_short(error)}. Correct what it names, and check again."


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__


def _without_torch(name: str) -> Iterator[str]:
    command = [sys.executable, "-c", LOOK, name, *depnb.methods.__path__]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        yield f"rows.py cannot be imported on its own: {done.stderr.strip().splitlines()[-1]}. Correct it."
    elif done.stdout.split()[-1] == "True":
        yield "rows.py imports torch: import the network inside the function that needs it."


def _exported(name: str) -> Iterator[str]:
    package = import_module(f"depnb.methods.{name}")
    for exported in getattr(package, "__all__", ()):
        if not hasattr(package, exported):
            yield f"__init__.pyi names {exported!r}, which does not exist: define it or remove it."


def _basics(paper: Paper) -> Iterator[str]:
    if type(paper.version) is not int or paper.version < 1:
        yield f"version is {paper.version!r}: give an integer from 1 upwards."
    for path in (NOTEBOOKS / f"{paper.notebook}.ipynb", ROOT / "tests" / "methods" / f"test_{paper.name}.py"):
        if not path.is_file():
            yield f"{path.parent.name}/{path.name} is missing: write it, or correct the name in PAPER."
    for name in ("smoke", "quick", "standard", "paper"):
        if name not in paper.profiles:
            yield f"profiles has no {name!r}: add it, as in depnb.methods.profiles."
    for name, profile in paper.profiles.items():
        if not isinstance(profile, Profile) or profile.name != name:
            yield f"profiles[{name!r}] is not a Profile of that name: make it with replace() from another one."


def _config(paper: Paper) -> Iterator[str]:
    if not getattr(getattr(paper.config, "__dataclass_params__", None), "frozen", False):
        yield "config is not a frozen dataclass: write @dataclass(frozen=True) above it."
        return
    for f in fields(paper.config):
        if f.default is MISSING and f.default_factory is MISSING:
            yield f"The switch {f.name!r} has no default: give it one."
    if not paper.rows:
        yield "rows is empty: add the configuration of a row."
    yield from _known(paper.own, (*paper.rows, *paper.fused), "own")
    for row, config in paper.rows.items():
        if not isinstance(config, paper.config):
            yield f"Row {row!r} is a {type(config).__name__}: make it a {paper.config.__name__}."
            continue
        yield from _values(paper.config, vars(config), f"row {row!r}")
        if getattr(config, "start", None) not in STARTS:
            yield f"Row {row!r} has no switch `start` with a known value: choose from {', '.join(STARTS)}."


def _values(of: type, given: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with values of fields: there is no such field, or its type does not allow the value."""
    types, known = get_type_hints(of), [f.name for f in fields(of)]
    for name, value in given.items():
        if name not in known:
            yield f"The {where} names {name!r}, which {of.__name__} does not have: choose from {', '.join(known)}."
            continue
        try:
            TypeAdapter(types[name]).validate_python(value, strict=True)
        except ValidationError as error:
            yield f"The {where} has {name}={value!r}: {error.errors()[0]['msg']}."


def _protocols(paper: Paper) -> Iterator[str]:
    for name in ("honest", "paper"):
        if name not in paper.protocols:
            yield f"protocols has no {name!r}: add it."
    for name, protocol in paper.protocols.items():
        recipe, where = protocol.recipe, f"protocol {name!r}"
        for partition in (*protocol.train, *([protocol.select] if protocol.select else [])):
            yield from _known(partition, PARTITIONS, f"The {where}")
        yield from _values(paper.config, recipe.switches, where)
        for row, config in paper.rows.items():
            yield from _values(paper.config, recipe.demanded(config), f"{where}, of row {row!r},")
        yield from _values(type(next(iter(paper.profiles.values()))), recipe.profile, where)
        for corpus, stride in recipe.frame_stride.items():
            if type(stride) is not int or stride < 1:
                yield f"The {where} has the frame_stride {stride!r} for {corpus}: give an integer from 1 upwards."


def _lines(paper: Paper, which: str) -> list[tuple[str, ...]]:
    return [(*line, "honest") if len(line) == 2 else tuple(line) for line in paper.grid.get(which, ())]


def _rows(paper: Paper) -> tuple[str, ...]:
    return (*paper.rows, *paper.fused)


def _known(name: str, known: Iterable[str], where: str) -> Iterator[str]:
    """What is wrong with a name that should be one of others."""
    if name not in known:
        yield f"{where} names {name!r}, which does not exist: choose from {', '.join(known)}."


def _grid(paper: Paper) -> Iterator[str]:
    for which in ("headline", "all", "controls"):
        if which != "controls" and not paper.grid.get(which):
            yield f"grid has no {which!r}: list what is run."
        lines = _lines(paper, which)
        for line in dict.fromkeys(lines):
            if lines.count(line) > 1:
                yield f"grid[{which!r}] lists {line} twice: remove one."
            for name, known in zip(line, (_rows(paper), CORPORA, paper.protocols), strict=True):
                yield from _known(name, known, f"grid[{which!r}]")
    for line in _lines(paper, "headline"):
        if line not in _lines(paper, "all"):
            yield f"grid['all'] lacks {line}, which is in grid['headline']: add it."


def _fused(paper: Paper) -> Iterator[str]:
    for name, averaged in paper.fused.items():
        if name in paper.rows:
            yield f"{name!r} is a row and a fused row: rename one of them."
        if len(averaged) < 2:
            yield f"The fused row {name!r} averages {len(averaged)} rows: name at least two."
        for row in averaged:
            yield from _known(row, paper.rows, f"The fused row {name!r}")


def _tables(paper: Paper) -> Iterator[str]:
    if paper.tables and paper.name not in PAPERS:
        yield f"tables is not empty, but depnb.methods.printed has no numbers of {paper.name!r}: add them first."
        return
    sources = printed(paper.name)["source"].unique() if paper.tables else ()
    for source, titles in paper.tables.items():
        yield from _known(source, sources, "tables")
        for row, title in titles.items():
            yield from _known(row, _rows(paper), f"tables[{source!r}]")
            if source in sources:
                yield from _known(title, _methods(paper.name, source), f"tables[{source!r}]")


def _methods(paper: str, source: str) -> list[str]:
    """The methods of a printed table; one that it has several times is named with its variant."""
    frame = printed(paper, source)
    again = frame.duplicated(["method", "dataset", "metric"], keep=False)
    return list(frame["method"].where(~again, frame["method"] + ", " + frame["variant"]).unique())


def _claims(paper: Paper) -> Iterator[str]:
    for claim in paper.claims:
        where, sides = f"The claim “{claim.text}”", [(claim.row, claim.corpus, claim.protocol)]
        yield from _known(claim.partition, JUDGED, where)
        if claim.other not in PREDICTORS:
            sides.append((claim.other, claim.corpus, claim.other_protocol or claim.protocol))
        for row, corpus, protocol in sides:
            problem = [*_known(row, _rows(paper), where)]
            yield from problem
            if not problem and (row, corpus, protocol) not in _lines(paper, "all"):
                yield f"{where} needs {(row, corpus, protocol)}: add it to grid['all'], or name what is run."


def _figures(paper: Paper) -> Iterator[str]:
    drawings = paper.diagrams()
    for name, figure in paper.figures.items():
        yield from _values(Figure, {"kind": figure.kind}, f"figure {name!r}")
        for row in figure.rows:
            yield from _known(row, _rows(paper), f"The figure {name!r}")
        if name in drawings:
            yield f"figures and diagrams both have {name!r}: rename one of them."


def _training(paper: Paper) -> Iterator[str]:
    for row, config in paper.rows.items():
        for name, profile in paper.profiles.items():
            where = f"of row {row!r} at the profile {name!r}"
            yield from _guarded(f"inputs or learning {where}", _spec(paper, config, profile, where))


def _spec(paper: Paper, config: Any, profile: Profile, where: str) -> Iterator[str]:
    for learning in paper.learning(config, profile):
        yield from _values(Learning, vars(learning), f"learning {where}")
    spec = paper.inputs(config, profile)
    if not isinstance(spec, InputSpec):
        yield f"inputs {where} gives a {type(spec).__name__}: return an InputSpec."
    elif not spec.offsets or list(spec.offsets) != sorted(set(spec.offsets)) or spec.span < 1:
        yield f"inputs {where} has offsets {spec.offsets}, span {spec.span}: offsets must ascend, span be 1 or more."


def _networks(paper: Paper) -> Iterator[str]:
    for row, config in paper.rows.items():
        yield from _guarded(f"The network of row {row!r}", _network(paper, row, config))


def _network(paper: Paper, row: str, config: Any) -> Iterator[str]:
    import torch  # takes seconds to import, and who only lists papers needs none
    from torch import nn

    profile, where = paper.profiles["smoke"], f"network of row {row!r}"
    with torch.device("meta"):  # as the loop does it, which first asks for shapes
        shapes: Any = paper.model(config, profile.scale)
    if not isinstance(getattr(shapes, "body", None), nn.Module):
        yield f"The {where} has no `body` that is an nn.Module: add it; nn.Identity() is one."
    attended = getattr(shapes, "attended", MISSING)
    if attended is not None and attended not in list(shapes.modules()):
        yield f"The {where} has no `attended`: give one of its layers, or None."
    lacking = [name for name in ANSWERS if not callable(getattr(shapes, name, None))]
    if lacking:
        yield f"The {where} does not answer {', '.join(lacking)}: add what `contract.Network` lists."
        return
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        network: Any = paper.model(config, profile.scale)
        inputs = _tiny(paper.inputs(config, profile), profile.scale.input_size)
        for name, shape, wanted in _shapes(network, inputs):
            if shape != wanted:
                yield f"The {where} gives {name} of shape {shape} for {BATCH} inputs: return the shape {wanted}."


def _tiny(spec: InputSpec, side: int) -> Any:
    """Inputs of noise, as ``prepare`` gives them to the network."""
    import torch  # takes seconds to import, and who only lists papers needs none

    shape = (BATCH, len(spec.offsets), 1 if spec.grey else 3, side, side)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8)  # [B, l, 3, S, S]
    landmarks = torch.rand(*shape[:2], LANDMARKS, 2) * (side - 1)  # [B, l, 68, 2]
    return spec.prepare(LandmarkedClips(pixels, landmarks) if spec.landmarks else pixels, False)


def _shapes(network: Any, inputs: Any) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """What the network answers for inputs: its name, the shape that it has, and the one that it should have."""
    import torch  # takes seconds to import, and who only lists papers needs none

    bdi = torch.linspace(10, 20, BATCH)
    network.eval().start_at(bdi)
    output = network(inputs)
    yield "loss", tuple(network.loss(output, bdi).shape), ()
    for name, values in {"score": network.score(output), **network.describe(output)}.items():
        yield name, tuple(values.shape), (BATCH,)
