"""One video through a kept network: scores, an interval, what its faces were like, and what the number is not."""

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from depnb import faces, inputs
from depnb.corpus import Corpus, Recording
from depnb.corpus.synthetic.layout import was_generated
from depnb.evaluation.bands import BANDS
from depnb.evaluation.intervals import conformal_radius, people_needed
from depnb.evaluation.metrics import clipped
from depnb.experiments import footage, networks
from depnb.experiments.disclosure import FEWEST_COMPARED
from depnb.experiments.footage import Footage
from depnb.experiments.model_card import COVERAGE, of_drawn_people, of_licensed_people
from depnb.experiments.networks import Card, UnusableNetwork
from depnb.experiments.run import Run
from depnb.experiments.store import differences
from depnb.faces import VideoReport
from depnb.inputs import loading
from depnb.methods.contract import switches
from depnb.methods.registry import TrainingSpec, method, papers, resolve
from depnb.system import style
from depnb.system.files import write_json
from depnb.system.repository import demand_ignored
from depnb.training import loop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTION_WIDTH = 134


@dataclass(frozen=True)
class Part:
    """What one network says of a video.

    Attributes:
        row: which network. unit: what its scores are of, ``frames`` or ``clips``.
        seconds: of the n of them that it was given, when the first frame of each is, after that of the video.
        scores: of each, BDI-II points.
        score: their mean.
    """

    row: str
    unit: str
    seconds: tuple[float, ...]
    scores: tuple[float, ...]
    score: float


@dataclass(frozen=True)
class Interval:
    """Where the label is expected, by split conformal prediction (``evaluation.conformal_radius``).

    Attributes:
        low, high: BDI-II points, cut to the scale 0–63.
        coverage: share of the videos of new people, exchangeable with these, whose label lies inside.
        people: whose errors decide it; the network was not trained on them.
    """

    low: float
    high: float
    coverage: float
    people: int


@dataclass(frozen=True)
class Prediction:
    """The score of a video, with all that is needed to read it.

    Attributes:
        video: path of the file.
        run: which row was trained on what; of several networks the fused row.
        parts: what each network says.
        score: of the video, BDI-II points: the mean of its parts' scores.
        interval: around the score; ``None`` where there is none.
        about_interval: what it rests on, or why there is none.
        constant: the mean training label, which is what one would say without looking.
        faces: what the faces stage says of the video.
        corpus: title of what was trained on. generated: whether the people in it are drawn.
        learnt: whether the training got below the constant predictor's loss.
        remarks: in what the video is not like those of the training, a sentence each.
    """

    video: Path
    run: Run
    parts: tuple[Part, ...]
    score: float
    interval: Interval | None
    about_interval: str
    constant: float
    faces: VideoReport
    corpus: str
    generated: bool
    learnt: bool
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the files that it is written to."""
        return f"{self.video.stem}-{self.run.paper}-{self.run.row}"

    @property
    def limits(self) -> tuple[str, ...]:
        """What the number is not, in sentences."""
        said = [
            "This number is no diagnosis and no screening result. It is made for teaching and research: decide nothing "
            "about a person from it.",
            of_drawn_people(self.corpus) if self.generated else of_licensed_people(self.corpus),
            self.about_interval,
            f"Without looking at anybody one would say {self.constant:.1f}, the mean label of the training.",
        ]
        if not self.learnt:
            said.append("The training did not get below the constant predictor: this is no result of the method.")
        said += self.remarks
        if self.faces.without_face:
            said.append(
                f"No face was found in {self.faces.without_face} of {self.faces.frames} frames; they count for nothing."
            )
        if self.faces.other_faces:
            said.append("Other people are in the picture: see whether the right one was followed.")
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """Plain data, with what the number is not; what is not defined is ``None``."""
        data = asdict(self) | {"video": str(self.video), "limits": list(self.limits)}
        data["faces"] = {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in data["faces"].items()
        }
        return data


def predict_video(
    video: Path | str,
    weights: Sequence[Path | str],
    *,
    paper: str | None = None,
    coverage: float = COVERAGE,
    device: str = "auto",
) -> Prediction:
    """Score a video as the run has scored its own: faces → clips → network → mean.

    What draws frames at random (``spec.Sample``) draws them as for the first video of a partition.

    Args:
        video: a file, or a folder of its frames.
        weights: a file of ``networks``; of a fused row those of all its parts.
        paper: what method the network is expected to be of; ``None`` takes any.
        coverage: of the interval, between 0 and 1.
        device: of the network: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        FileNotFoundError: no such video, or no such network.
        UnusableNetwork: damaged, not ours, of another method, or trained on other preprocessing.
        ValueError: several networks that are no fused row, a coverage that is none, or a photograph.
        VideoError: the video cannot be read.
        NoFaceError: there is no face in it.
    """
    each = _each(coverage, len(weights))
    needed = people_needed(each)
    kept = [networks.read(path) for path in weights]
    for path, (card, _) in zip(weights, kept, strict=True):
        _demand_usable(path, card, paper)
    cards = [card for card, _ in kept]
    run = _row(cards)
    recording, quality = _with_faces(Path(video))
    footage.demand_video(recording)
    remarks = [one for card in cards for one in footage.remarks(recording, specified(card), _trained_on(card))]
    parts = tuple(_part(card, state, recording, device) for card, state in kept)
    score = float(np.mean([part.score for part in parts]))
    radius = float(np.mean([_radius(card, each) for card in cards]))
    interval = None
    if math.isfinite(radius):
        low, high = clipped([score - radius, score + radius]).tolist()
        interval = Interval(low, high, coverage, _people(cards[0]))
    return Prediction(
        video=Path(video),
        run=run,
        parts=parts,
        score=score,
        interval=interval,
        about_interval=_about(interval, cards[0], needed),
        constant=float(np.mean([card.constant for card in cards])),
        faces=quality,
        corpus=cards[0].corpus,
        generated=cards[0].generated,
        learnt=all(card.learnt for card in cards),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def draw(prediction: Prediction) -> "Figure":
    """Scores over time, beside them that of the video with its interval; dashed the constant predictor, grey the bands
    of severity, below it what is said of the number."""
    import matplotlib.pyplot as plt

    figure, (over_time, whole) = plt.subplots(1, 2, figsize=(6.4, 4.2), sharey=True, width_ratios=[7, 1])
    for axis in (over_time, whole):
        for _, low, _ in BANDS[1:]:
            axis.axhline(low - 0.5, color="0.85", linestyle="-", marker="", linewidth=0.8)
        axis.axhline(prediction.constant, color="black", linestyle="--", marker="", label="constant predictor")
    for part, look in zip(prediction.parts, plt.rcParams["axes.prop_cycle"][1:], strict=False):
        over_time.plot(part.seconds, part.scores, label=f"{part.unit}, {part.row}", **{**look, "linewidth": 0.8})
    video = {"color": "C0", "marker": "D", "linestyle": "", "markersize": 6}
    if prediction.interval:
        ends = [prediction.interval.low, prediction.interval.high]
        whole.plot([0, 0], ends, color="C0", linestyle="-", marker="_", markersize=10)
        whole.set_xlabel(f"video,\n{_percent(prediction.interval)} interval")
    else:
        whole.set_xlabel("video,\nno interval")
    whole.plot(0, prediction.score, **video)
    for name, low, high in BANDS:
        middle = (1.05, (low + high) / 2)
        whole.annotate(name, middle, xycoords=whole.get_yaxis_transform(), va="center", fontsize=7, color="0.45")
    everything = [score for part in prediction.parts for score in part.scores]
    over_time.set_ylim(min(-1, *everything), max(BANDS[-1].high + 1, *everything))
    over_time.set_xlabel("seconds after the first frame")
    over_time.set_ylabel("score (BDI-II points)")
    over_time.legend(fontsize=7, loc="upper left")
    whole.spines["left"].set_visible(False)
    whole.tick_params(bottom=False, left=False, labelbottom=False)
    figure.supxlabel(_caption(prediction), x=0.01, ha="left", fontsize=6, linespacing=1.3)
    return figure


def demand_place(video: Path, folder: Path | str) -> None:
    """Refuse a folder for what is predicted of a video.

    Raises:
        ValueError: a real person is in the video, and git would take the files.
    """
    if not was_generated(video):
        demand_ignored(Path(folder), video.name)


def write(prediction: Prediction, folder: Path | str) -> list[Path]:
    """Write the figure (PDF and PNG) and all numbers (JSON); gives the files.

    Raises:
        ValueError: as ``demand_place``.
    """
    import matplotlib.pyplot as plt

    demand_place(prediction.video, folder)
    style.apply()
    figure = draw(prediction)
    corpora = [prediction.corpus] if was_generated(prediction.video) else [prediction.corpus, "a video of one’s own"]
    written = style.save(figure, folder, prediction.name, style.provenance(*corpora))
    plt.close(figure)
    numbers = Path(folder) / f"{prediction.name}.json"
    write_json(numbers, prediction.to_json())
    return [*written, numbers]


def _caption(prediction: Prediction) -> str:
    run = prediction.run
    trained = f"{run.paper}/{run.row} trained on {prediction.corpus}, {run.protocol}, {run.profile}, seed {run.seed}."
    text = " ".join((f"{prediction.video.name}: {trained}", *prediction.limits))
    return "\n".join(textwrap.wrap(text, CAPTION_WIDTH))


def _percent(interval: Interval) -> str:
    return f"{100 * interval.coverage:g} %"


def _demand_usable(path: Path | str, card: Card, paper: str | None) -> None:
    """Raises: UnusableNetwork, if this code would not use the network as it was trained."""
    run = card.run
    if paper is not None and paper != run.paper:
        method(paper)  # which names those that there are
        raise UnusableNetwork(f"{path} is a network of {run.paper}, not of {paper}: give --method {run.paper}.")
    if run.paper not in papers():
        raise UnusableNetwork(f"{path} is a network of {run.paper}, for which this depnb has no method.")
    version = method(run.paper).version
    try:
        of = specified(card)
    except (KeyError, ValueError) as error:
        raise UnusableNetwork(
            f"{path} is the row {run.row} of {run.paper} at profile {run.profile} under {run.protocol}, which this "
            f"depnb has not. {_AGAIN}"
        ) from error
    way: dict[str, Any] = {
        "configuration": switches(of.config),
        "profile": of.profile.deciding(),
        "every": of.frame_stride,
        "versions": {"faces": faces.VERSION, "clips": inputs.VERSION, run.paper: version},
    }
    theirs: dict[str, Any] = {key: card.facts[key] for key in way if key != "every"} | {
        "every": card.facts["protocol"].get("every")
    }
    theirs["versions"] = {name: theirs["versions"][name] for name in way["versions"]}
    if found := differences(json.loads(json.dumps(way)), theirs):
        raise UnusableNetwork(
            f"{path} was trained on another preprocessing or with another network: {'; '.join(found)}. {_AGAIN} "
            f"Or use the depnb that trained it, {card.depnb}."
        )


def specified(card: Card) -> TrainingSpec:
    """What was trained: known without the corpus, which need not be on this machine."""
    corpus = Corpus(card.corpus, Path(), (), card.generated, {})
    run = card.run
    return resolve(method(run.paper), run.row, run.profile, run.protocol, corpus)


def _trained_on(card: Card) -> Footage | None:
    """What the videos of the training were like; of a generated corpus its recipe says it."""
    if card.footage:
        return Footage(*card.footage)
    form = card.facts.get("corpus", {}).get("form")
    return Footage(form["fps"], form["frames"] / form["fps"]) if form else None


_AGAIN = "Train it again: `depnb run --missing --networks FOLDER --store STORE` with a store that lacks it."


def _row(cards: Sequence[Card]) -> Run:
    """The run of one network, or of the fused row that several are the parts of."""
    first = cards[0].run
    if len(cards) == 1:
        return first
    fused = method(first.paper).fused
    rows = sorted(card.run.row for card in cards)
    name = next((name for name, parts in fused.items() if sorted(parts) == rows), None)
    if name is None or len({(replace(card.run, row=name), card.fold) for card in cards}) > 1:
        known = "; ".join(f"{name}: {' and '.join(parts)}" for name, parts in fused.items()) or "none"
        raise ValueError(
            f"{len(cards)} networks ({', '.join(rows)}) are not the parts of a fused row, of one corpus, protocol, "
            f"profile, seed and fold. Fused rows of {first.paper}: {known}. Give one network, or all parts of one row."
        )
    return replace(first, row=name)


def _with_faces(video: Path) -> tuple[Recording, VideoReport]:
    """The video as a recording of which nothing is known, its crops made, and what the faces stage says of it."""
    if not video.exists():
        raise FileNotFoundError(f"No such video: {video}.")
    recording = Recording(video.stem, None, "unseen", video, None)
    (row,) = faces.prepare([recording], workers=1).rows
    if row.status == "failed":
        raise (loading.NoFaceError if row.frames else faces.VideoError)(row.error)
    return recording, row


def _part(card: Card, weights: dict[str, Tensor], recording: Recording, device: str) -> Part:
    of = specified(card)
    profile, input_spec = replace(of.profile, **card.computing), of.input_spec
    network = method(card.run.paper).model(of.config, profile.scale)
    network.load_state_dict(weights)
    frames = loading.load([recording], input_spec, profile.frames, profile.scale.input_size, labelled=False)
    (scores,) = loop.predict(loop.ready(network, profile, device), frames, profile, input_spec)  # [n]
    firsts = [frames.frame_indices(video, start, input_spec)[0] for video, start in frames.inputs(input_spec)]
    times = faces.load(recording, indices=[]).times[
        loading.numbers(recording, input_spec, profile.frames)[firsts]
    ]  # [n]
    unit = "frames" if len(input_spec.offsets) == 1 else "clips"
    return Part(card.run.row, unit, tuple(times.tolist()), tuple(scores.tolist()), float(scores.mean()))


def _each(coverage: float, networks: int) -> float:
    """What the interval of each of several networks must cover, so that all do at once with ``coverage``: then their
    mean lies no further off than the mean of their radii (Bonferroni)."""
    return round(1 - (1 - coverage) / networks, 12)


def _radius(card: Card, coverage: float) -> float:
    return conformal_radius([error for error, _ in card.errors], [videos for _, videos in card.errors], coverage)


def _people(card: Card) -> int:
    return round(sum(1 / videos for _, videos in card.errors))


def _about(interval: Interval | None, card: Card, needed: int) -> str:
    """What an interval rests on, or why there is none."""
    select, folds = card.facts["protocol"]["select"], card.facts["protocol"]["folds"]
    if not select and not folds and not card.errors and "development" in card.facts["protocol"]["train"]:
        return f"There is no interval: protocol {card.run.protocol} sets nobody aside on whom errors could be measured."
    where = "a fold of its own" if folds else "development"
    people = f"{_people(card)} people of {where} whom the network was not trained on"
    if not card.generated and not card.errors:
        return (
            f"There is no interval: errors for fewer than {FEWEST_COMPARED} people of a licensed corpus are not kept "
            "with a network, as they would tell of these."
        )
    if interval is None:
        return f"There is no interval: there are {people}, and at least {needed} are needed."
    return (
        f"The {_percent(interval)} interval rests on the errors for {people}. It holds for people who might as well "
        "have been among them, filmed and asked in the same way, and for nobody else; on average, not for each kind of "
        "people."
        + (" As they also chose the step of the training, it is rather too narrow." if select or folds else "")
    )
