"""``depnb corpus`` makes and shows corpora; ``depnb doctor`` examines those on your disk."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depnb.cli import show
from depnb.cli.app import group as new_group
from depnb.cli.options import AsJson, CorpusName, On, Workers, demand_writable

if TYPE_CHECKING:
    from depnb.corpus import Corpus

group = new_group("Make and look at corpora.")


@group.command("make")
def make(
    name: Annotated[str, typer.Argument(help="both, appearance, dynamics, null or shortcut.")],
    size: Annotated[str, typer.Option(help="tiny, few, quick, standard or full.")] = "quick",
    out: Annotated[Path | None, typer.Option(help="Folder of the corpus; by default in the cache.")] = None,
    seed: Annotated[int | None, typer.Option(help="Other people and other scores.")] = None,
    appearance: Annotated[float | None, typer.Option(help="Strength of what one frame shows (1).")] = None,
    dynamics: Annotated[float | None, typer.Option(help="Strength of what only time shows (1).")] = None,
    label_noise: Annotated[float | None, typer.Option(help="BDI-II points that no face shows, sd (3).")] = None,
    identity: Annotated[float | None, typer.Option(help="Correlation of a person's scores with age (0).")] = None,
    shortcut: Annotated[
        float | None, typer.Option(help="How closely glasses and background follow the score in training (0).")
    ] = None,
    workers: Workers = None,
    on: On = "here",
) -> None:
    """Make the videos of a generated corpus that are not there yet.

    With other knobs it is another corpus, in a folder of its own; name that folder wherever a corpus is asked for.

    Example: `depnb corpus make both --size tiny --appearance 0.5 --out weak`
    """
    from depnb.corpus.synthetic import named_recipe, open_generated
    from depnb.experiments.engines import working_on
    from depnb.system.files import cache_dir

    knobs = {
        "seed": seed,
        "appearance": appearance,
        "dynamics": dynamics,
        "label_noise": label_noise,
        "identity": identity,
        "shortcut": shortcut,
    }
    corpus = open_generated(named_recipe(f"{name}-{size}").varied(**knobs), out)
    with working_on(on, cache_dir() / "logs", [corpus.root], show.say):
        made = corpus.ensure(corpus.recordings, workers=workers)
    kept = len(corpus.recordings) - made
    show.say(f"{corpus.title}: {made} videos made, {kept} kept, in {corpus.root}")


@group.command("export")
def export(
    name: Annotated[
        str, typer.Argument(help="both, appearance, dynamics or null (also with -tiny, …), or the folder of one.")
    ],
    folder: Annotated[Path, typer.Argument(help="Where to: new, empty, or with the same export.")],
    layout: Annotated[str, typer.Option(help="avec2014, avec2013 or openface (docs/export.md).")] = "avec2014",
    frames: Annotated[
        int, typer.Option(min=0, help="Videos of at least so many frames: the same people and labels, filmed anew.")
    ] = 0,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Also the people of a fourth partition, Unseen, which AVEC does not have.")
    ] = False,
    workers: Workers = None,
) -> None:
    """Write a generated corpus in a form that other people's code for AVEC reads: a test corpus with known labels.

    What is there is kept: interrupted, it goes on where it stopped. Videos that fail are named, and the status is 1.

    Examples: `depnb corpus export both-tiny avec --layout avec2014`;
    `depnb corpus export both frames --layout openface --frames 64`.
    """
    from depnb.experiments.corpus_export import export as written, open_exportable

    demand_writable(folder)
    corpus = open_exportable(name, frames)
    done = written(corpus, folder, layout, unseen=unseen, workers=workers)
    kept = len(done.rows) - done.written
    show.say(f"{corpus.title} as {layout}: {done.written} videos written, {kept} kept, in {folder}")
    short = [one.name for _, one, count in done.rows if count < frames]
    if short:
        show.say(
            f"⚠ {len(short)} have fewer than {frames} frames with a face, as {short[0]}: leave them out, or give more "
            "frames."
        )
    for failed, reason in done.failures.items():
        show.say(f"✘ {failed}: {reason}", err=True)
    if done.failures:
        raise typer.Exit(1)


@group.command("show")
def show_corpus(corpus: CorpusName = "both") -> None:
    """Show who and what is in a corpus: people, recordings, labels and overlap between the partitions.

    Of a generated corpus it also shows how closely what is known of its people follows the score, by partition.

    Examples: `depnb corpus show /data/AVEC2014`; `depnb corpus show shortcut`
    """
    from depnb.corpus import open_corpus
    from depnb.system.text import plain

    opened = open_corpus(corpus)
    numbers = ("recordings", "with video", "with label", "people", "also in training", "BDI-II mean")
    show.table(("partition", *numbers), _partitions(opened), title=opened.title, numbers=numbers)
    show.say(plain(f"Place: {opened.root}", kept=""))
    if opened.noise_floor is not None:
        show.say(f"No predictor can have an RMSE below {opened.noise_floor:.2f} BDI-II points on it.")
    if opened.generated:
        _show_attributes(opened)


def _show_attributes(corpus: "Corpus") -> None:
    """How closely known attributes follow the score, and a warning where they do so in training alone."""
    from depnb.corpus.checks import associations, check_attributes
    from depnb.corpus.synthetic.attributes import attributes_of, by_name

    known = by_name(attributes_of(corpus.name, corpus.fingerprint))
    found = associations(corpus.recordings, known)
    rows = ((a.attribute, a.partition, f"{a.r:+.2f}", f"[{a.low:+.2f}, {a.high:+.2f}]") for a in found)
    numbers = ("correlation with the score", "95 % interval")
    show.table(("attribute", "partition", *numbers), rows, numbers=numbers)
    for problem in check_attributes(corpus.recordings, known, corpus.root):
        show.say(f"! {problem.text}")


def _partitions(corpus: "Corpus") -> Iterator[tuple[str, ...]]:
    """The cells of each partition that has recordings."""
    from depnb.corpus import PARTITIONS
    from depnb.experiments.disclosure import FEWEST_COMPARED

    train = corpus.subjects("train")
    for partition in PARTITIONS:
        recordings = corpus.partition(partition)
        people = {r.subject for r in recordings}
        labels = [r.bdi for r in recordings if r.bdi is not None]
        enough = corpus.generated or len({r.subject for r in recordings if r.bdi is not None}) >= FEWEST_COMPARED
        if recordings:
            yield (
                partition,
                str(len(recordings)),
                str(sum(os.path.exists(r.video) for r in recordings)),
                str(len(labels)),
                str(len(people)),
                "–" if partition == "train" else str(len(people & train)),
                f"{sum(labels) / len(labels):.1f}" if labels and enough else "–",
            )


def doctor(
    places: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Folder of AVEC2013, AVEC2014 or both, or a manifest (.csv).")
    ],
    as_json: AsJson = False,
) -> None:
    """Look at corpora before hours are spent on them: what is there, what is missing or wrong, and whether the papers
    can be run. Ends with status 1 if they cannot.

    Examples: `depnb doctor /data/AVEC2014`; `depnb doctor /data/AVEC2013 /data/AVEC2014` also compares the two.
    """
    from depnb.experiments import doctor as looks
    from depnb.system.text import plain

    checkups, shared = looks.examine(places)
    if as_json:
        show.say(json.dumps(looks.as_json(checkups, shared), indent=1))
    else:
        for checkup in checkups:
            show.say(plain(f"{checkup.name} in {checkup.root}", kept=""))
            show.frame(looks.overview(checkup))
            for remark in looks.remarks(checkup):
                show.say(remark)
            show.say("")
        if shared:
            show.say(looks.warning(shared))
    if not all(checkup.ready for checkup in checkups):
        raise typer.Exit(1)
