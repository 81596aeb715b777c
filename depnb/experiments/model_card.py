"""The model card of a kept network, in Markdown: what it was trained on, how far off it is and for whom, and what it is
not for (Mitchell et al., Model cards for model reporting, 2019). Made from the file of the network. Needs no torch."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from depnb.evaluation.bands import BANDS
from depnb.evaluation.intervals import conformal_radius
from depnb.experiments.band_errors import ALL, by_band
from depnb.experiments.network_cards import Card, Judged, read
from depnb.experiments.result import DamagedResult, Result
from depnb.methods.registry import method
from depnb.system.text import one_line

COVERAGE = 0.9
"""Of the interval around a score, unless another one is asked for."""
FEW = 30
"""Intervals over fewer people cover less than they claim."""
TITLES = {"unseen": "unseen people", "test": "the test set", "folds": "the people of its fold"}
STARTS = {"scratch": "random weights", "identity": "a body that had learnt to tell generated people apart"}
HEADINGS = ("label", "people", "videos", "RMSE", "95 % interval", "MAE", "bias", "RMSE of the constant")


def of_file(path: Path) -> str:
    """The card of a kept network as Markdown; errors that an older file lacks are those of its result beside it.

    Raises:
        FileNotFoundError, UnusableNetwork: as ``network_cards.read``.
    """
    card, weights = read(path)
    return page(card, sum(value.size for value in weights.values()), path.name, errors_of(path, card))


def errors_of(path: Path, card: Card) -> Judged | None:
    """The errors by severity band of a network: those in its file, or made from its result, where it lies beside it."""
    if card.judged is not None or not card.generated:
        return card.judged
    try:
        result = Result.from_json(path.with_suffix(".json").read_bytes())
    except (FileNotFoundError, DamagedResult):
        return None
    return by_band(result.predictions) if result.facts == card.facts and card.fold is None else None


def page(card: Card, numbers: int, file: str, judged: Judged | None) -> str:
    """The whole card as Markdown.

    Args:
        card: what the file says. numbers: how many weights it has. file: its name.
        judged: errors by severity band, as ``errors_of`` gives them.
    """
    run = card.run
    fold = "" if card.fold is None else f", fold {card.fold + 1}"
    head = f"# Model card: {run.paper}/{run.row} on {one_line(card.corpus)}, seed {run.seed}{fold}"
    made = f"Written from `{one_line(file)}`; `depnb weights card` prints it."
    return "\n\n".join([head, made, *sections(card, numbers, judged)]) + "\n"


def sections(card: Card, numbers: int, judged: Judged | None) -> list[str]:
    """The card without its head, a paragraph, a heading or a table each.

    Args:
        card, numbers: as for ``page``.
        judged: as for ``page``.
    """
    return [
        f"**{NO_DIAGNOSIS}** {for_whom(card)}",
        "## What it is",
        _table(("", ""), list(_facts(card, numbers))),
        "## How far off it is",
        *_errors(card, judged),
        "## What it is for, and what it is not for",
        "\n".join(f"* {sentence}" for sentence in _uses(card, judged)),
    ]


NO_DIAGNOSIS = (
    "This network makes no diagnosis and no screening result. It is made for teaching and research: decide nothing "
    "about a person from its score."
)


def for_whom(card: Card) -> str:
    """Whom a network knows, and that it says nothing of others."""
    return of_drawn_people(card.corpus) if card.generated else of_licensed_people(card.corpus)


def of_drawn_people(corpus: str) -> str:
    return (
        f"The network has seen only people of the {corpus}: drawn faces that move by a rule which was made up. Of a "
        "real face its score says nothing."
    )


def of_licensed_people(corpus: str) -> str:
    return (
        f"The network was trained on {corpus}: on its people, language, camera and tasks, with a questionnaire as the "
        "label. Whether it holds for anybody else is not known. The network and its scores fall under the licence of "
        "that corpus."
    )


def _facts(card: Card, numbers: int) -> Iterator[tuple[str, str]]:
    run, protocol = card.run, card.facts["protocol"]
    yield "row", f"`{run.paper}/{run.row}`: {method(run.paper).citation}"
    yield "size", f"{numbers:,} weights, profile `{run.profile}`"
    yield "trained on", f"{one_line(card.corpus)}: {_trained_on(card, protocol['train'], protocol['folds'])}"
    start = card.facts["pretraining"].get("start", "scratch")
    yield "started from", STARTS.get(start, f"the weights `{start}`")
    if card.footage:
        rate, seconds = card.footage
        yield "videos of the training", f"{rate:g} frames per second, {seconds:g} s (medians)"
    yield "selected on", _selected_on(protocol)
    yield "constant predictor", f"{card.constant:.1f} for everybody, the mean label of the training"
    yield "seed", f"{run.seed}, protocol `{run.protocol}`"
    yield "made by", f"depnb {card.depnb}"


def _trained_on(card: Card, partitions: Sequence[str], folds: int) -> str:
    named = " and ".join(f"`{name}`" for name in partitions)
    if folds:
        return f"the people of {named} but those of fold {(card.fold or 0) + 1} of {folds} and of the fold after it"
    return f"the people of {named}"


def _selected_on(protocol: dict) -> str:
    if protocol["folds"]:
        return "the fold after its own: the step with the smallest RMSE there"
    if protocol["select"]:
        whom = "those of it who are not trained on" if protocol.get("new_people") else "all of it, people of train too"
        return f"`{protocol['select']}`, {whom}: the step with the smallest RMSE there"
    return "nothing: the last step was kept"


def _errors(card: Card, judged: Judged | None) -> Iterator[str]:
    if not card.learnt:
        yield "**The training did not get below the constant predictor: this is no result of the method.**"
    if judged is None:
        yield "An older depnb kept no errors by severity band with this file: train it again to have them."
    elif not judged:
        yield "No errors are told here, because they would be about few real people."
    for partition in [name for name in TITLES if name in (judged or {})]:
        own = (judged or {})[partition]
        yield f"On {TITLES[partition]}, by severity band of the label, in BDI-II points:"
        yield _table(HEADINGS, [_line(name, group, numbers) for name, group, numbers in _groups(own)])
        yield " ".join(_in_words(own))
    if judged:
        yield (
            "The interval is over people: other people of the same kind, the same training. Bias is the mean of score "
            "minus label. The constant predictor looks at nobody."
            + ("" if card.generated else " Numbers about few real people are left out, and the others are rounded.")
        )
    yield _interval(card)


def _groups(own: dict[str, dict[str, float]]) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Name for the reader, name of the group, and numbers, all people first."""
    names = {ALL: "all"} | {one.name: f"{one.name} ({one.low}–{one.high})" for one in BANDS}
    yield from ((title, group, own[group]) for group, title in names.items() if group in own)


def _line(name: str, group: str, numbers: dict[str, float]) -> tuple[str, ...]:
    low, high = numbers.get("rmse_low"), numbers.get("rmse_high")
    few = " (few)" if numbers["people"] < FEW else ""
    return (
        name,
        f"{numbers['people']:.0f}{few}",
        f"{numbers['videos']:.0f}",
        f"{numbers['rmse']:.2f}",
        f"[{low:.2f}, {high:.2f}]" if low is not None and high is not None else "–",
        f"{numbers['mae']:.2f}",
        f"{numbers['bias']:+.2f}" if "bias" in numbers else "–",
        f"{numbers['constant']:.2f}" if "constant" in numbers else "–",
    )


def _in_words(own: dict[str, dict[str, float]]) -> Iterator[str]:
    """What the table says, where it has bands with a bias and a constant."""
    bands = [(one, own[one.name]) for one in BANDS if one.name in own]
    if len(bands) > 1:
        band, worst = max(bands, key=lambda pair: pair[1]["rmse"])
        told = f"The largest error is that for {band.name} labels"
        if "bias" in worst:
            way = "low" if worst["bias"] < 0 else "high"
            told += f", whose scores are {abs(worst['bias']):.1f} points too {way} on average"
        yield f"{told}."
    behind = [one.name for one, numbers in bands if numbers.get("constant", math.inf) <= numbers["rmse"]]
    if behind:
        yield f"For {' and '.join(behind)} labels the constant is not further off than the network."
    if any(numbers["people"] < FEW for numbers in own.values()):
        yield f"Intervals of fewer than {FEW} people (few) cover less than they claim."


def _interval(card: Card) -> str:
    """How far a label may lie from a score (``predict``)."""
    if not card.errors:
        return "There are no errors of people set aside, so a score has no interval."
    errors, videos = zip(*card.errors, strict=True)
    radius = conformal_radius(errors, videos, COVERAGE)
    people = round(sum(1 / count for count in videos))
    if not math.isfinite(radius):
        return f"There are errors of {people} people set aside, too few for an interval around a score."
    return (
        f"For {COVERAGE:.0%} of new people of the same kind, the label lies within the score ± {radius:.1f} points; "
        f"that rests on {people} people whom the network was not trained on."
    )


def _uses(card: Card, judged: Judged | None) -> Iterator[str]:
    yield (
        "For: comparing methods on this corpus, teaching what such a network does, and reproducing the row "
        f"`{card.run.paper}/{card.run.row}`."
    )
    yield "Not for: diagnosis, screening, treatment, insurance, hiring, or any other decision about anybody."
    if card.generated:
        yield "Not for real people of whatever kind: it has seen none."
    else:
        yield (
            "Not for people who differ from those of the corpus in language, age, culture, illness, camera or task: "
            "nobody has measured its errors for them."
        )
        yield "Not for publication: it may remember people of the corpus, and its licence covers the weights."
    yield "Not for people of the training: it may have memorised them, and its errors for them are too small."
    unseen = (judged or {}).get("unseen") or (judged or {}).get("folds") or {}
    severe = unseen.get(BANDS[-1].name, {})
    if severe.get("bias", 0) < 0:
        yield (
            f"Not for finding severe depression: severe labels are scored {-severe['bias']:.1f} points too low on "
            "average."
        )
    if card.footage:
        yield "Not for videos of another frame rate or length: `depnb predict` says where a video is not like those."


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
