"""Which runs there are: the rows of the tables, by paper, corpus, protocol and seed."""

from collections.abc import Sequence
from dataclasses import replace

from depnb.corpus.synthetic.recipe import drawn
from depnb.experiments.run import Run
from depnb.methods.adhoc import canonical
from depnb.methods.contract import require_choice
from depnb.methods.registry import RIVALS, imported_weights, method, papers, parts, protocols
from depnb.methods.rivals.rows import SIMPLE, WEIGHTS
from depnb.nets.weights import registry

SEEDS = {"standard": (10, 5)}
"""How many seeds the committed results have of a headline row and of another one, and of rows on ``null`` the latter:
one a permutation of its labels."""
FURTHER_SEEDS = 3
"""On further draws of a corpus, as ``both1``."""
QUICK_SEEDS = 5
"""Of a headline row at ``quick``, where the paper's tables are of ``standard``."""
USUAL_SEEDS = (3, 3)
COMMITTED_PROFILES = ("quick", "standard")
RIVAL_SEED = 0
"""Nothing about a rival is drawn."""
COMMITTED_RIVALS = SIMPLE
"""Those that have committed results: add ``OF_THE_FIELD`` when the results of these are to be made and committed."""
AT_STANDARD = frozenset({"distribution"})
"""Papers whose committed results are of the profile ``standard``; those of the others are of ``quick`` until made."""
WHICH = ("headline", "all", "everything")


def rows(paper: str, which: str = "all") -> tuple[tuple[str, str, str], ...]:
    """The (row, corpus, protocol) of a paper's tables; of rivals those on each corpus of a paper's ``honest`` rows.

    Args:
        paper: a method of ``depnb.methods``, or the rivals.
        which: ``headline`` (the paper's own model and its direct rivals), ``all`` (its tables) or ``everything``
            (control rows and other readings too; of rivals the baselines of the field).
    """
    if paper == RIVALS:
        of_papers = [line for name in papers() for line in rows(name, which)]
        corpora = dict.fromkeys(corpus for _, corpus, protocol in of_papers if protocol == "honest")
        own = method(RIVALS).rows if which == "everything" else SIMPLE
        return tuple((row, corpus, "honest") for corpus in corpora for row in own)
    if which not in WHICH:
        raise KeyError(f"No rows {which!r}: choose from {', '.join(WHICH)}.")
    lines = method(paper).grid
    wanted = [*lines["all"], *lines.get("controls", ())] if which == "everything" else lines[which]
    return tuple((row, corpus, protocol[0] if protocol else "honest") for row, corpus, *protocol in wanted)


def committed_profile(paper: str) -> str:
    """The profile of the results of a paper that the repository's tables and notebooks show."""
    return "standard" if paper in AT_STANDARD else "quick"


def grid(profile: str, which: str = "headline", seeds: Sequence[int] | None = None) -> list[Run]:
    """All runs of all papers that this machine has the weights for, seeds innermost, and then those of the rivals.

    At ``standard`` each seed has a permutation of ``null`` of its own, or one permutation would decide for all; rivals
    are run on each of these.

    Args:
        profile: a key of ``PROFILES``. which: as in ``rows``.
        seeds: of every row; without them those of the committed results (``SEEDS``).
    """
    runs = [run for paper in (*papers(), RIVALS) for run in _of_paper(paper, profile, which, seeds)]
    return list(dict.fromkeys(runs))


def committed() -> list[Run]:
    """All runs that the committed results have.

    Of a paper whose tables are of ``standard`` that is everything there, and the headline rows of ``quick``, with which
    a reproduction is compared; of another one its tables, of ``quick``. Rivals are run wherever a paper is.
    """
    parts = {"quick": [("quick", "all")], "standard": [("standard", "everything"), ("quick", "headline")]}
    runs = [
        run for paper in papers() for part in parts[committed_profile(paper)] for run in _of_paper(paper, *part, None)
    ]
    where = {(run.profile, run.corpus) for run in runs if run.protocol == "honest"}
    rivals = [
        run
        for profile in COMMITTED_PROFILES
        for run in _of_paper(RIVALS, profile, "everything", None)
        if (run.profile, run.corpus) in where and run.row in COMMITTED_RIVALS
    ]
    return list(dict.fromkeys([*runs, *rivals]))


def _of_paper(paper: str, profile: str, which: str, seeds: Sequence[int] | None) -> list[Run]:
    """The runs of a paper, or of the rivals, that this machine has the weights for; as in ``grid``."""
    runs = []
    headline = rows(paper, "headline")
    for line in rows(paper, which):
        row, corpus, protocol = line
        own = _committed_seeds(paper, profile, corpus, line in headline) if seeds is None else seeds
        if _has_weights(paper, row, profile):
            runs += [_run(paper, row, corpus, protocol, profile, seed) for seed in own]
    return runs


def _committed_seeds(paper: str, profile: str, corpus: str, headline: bool) -> range:
    """The seeds of a row of the tables on a corpus."""
    many, few = SEEDS.get(profile, USUAL_SEEDS)
    if profile == "quick" and committed_profile(paper) == "standard":
        return range(QUICK_SEEDS if headline else few)
    named = drawn(corpus)
    if named and named[1]:
        return range(FURTHER_SEEDS)
    return range(many if headline and corpus != "null" else few)


def _run(paper: str, row: str, corpus: str, protocol: str, profile: str, seed: int) -> Run:
    """One run of a row; one of a rival has the seed's permutation, and no seed of its own."""
    return Run(paper, row, _permuted(corpus, profile, seed), protocol, profile, RIVAL_SEED if paper == RIVALS else seed)


def _permuted(corpus: str, profile: str, seed: int) -> str:
    return f"null{seed}" if corpus == "null" and seed and profile == "standard" else corpus


def _has_weights(paper: str, row: str, profile: str) -> bool:
    """Weights that are imported are those of printed networks; a row that starts from others needs none.

    A rival needs those of its frozen network, at any profile.
    """
    if paper == RIVALS:
        return row not in WEIGHTS or registry.find(WEIGHTS[row]).path.exists()
    starts = imported_weights(method(paper), row)
    return not starts or (profile == "paper" and all(registry.import_path(start).exists() for start in starts))


def runs_for(
    profile: str, which: str, seeds: Sequence[int] | None, corpus: str = "both", protocol: str = "honest"
) -> list[Run]:
    """The grid of runs as a notebook or a reproduction asks for it.

    On another corpus than ``both`` every row runs on that corpus alone; under another protocol than ``honest`` every
    row runs under that protocol, as far as its paper knows it. ``which`` may also be one row, ``PAPER/ROW``, whether
    the tables ask for it or not, or one with other switches, ``PAPER/ROW[SWITCH=VALUE,…]``. Rivals have seed 0 only.
    Without ``seeds`` it has those of the committed results. ``committed`` is all that these are made of, each run at
    its own profile.

    Raises:
        ValueError: ``which`` or ``protocol`` is not one of the values it can have, or there is no such switch or value;
            seeds, another corpus or another protocol are asked for of ``committed``.
        KeyError: there is no such paper or row.
    """
    require_choice("protocol", protocol, protocols())
    if which == "committed":
        if seeds is not None or (corpus, protocol) != ("both", "honest"):
            raise ValueError("Rows 'committed' have seeds, corpora and protocols of their own: give none of them.")
        return committed()
    if "/" in which:
        paper, _, row = which.partition("/")
        parts(method(paper), row)
        row = canonical(row)
        own = _committed_seeds(paper, profile, corpus, False) if seeds is None else seeds
        return list(dict.fromkeys(_run(paper, row, corpus, protocol, profile, seed) for seed in own))
    require_choice("rows", which, (*WHICH, "committed"))
    runs = grid(profile, which, seeds=seeds)
    if corpus != "both":
        runs = list(dict.fromkeys(replace(run, corpus=_permuted(corpus, profile, run.seed)) for run in runs))
    if protocol != "honest":
        honest = [run for run in runs if run.protocol == "honest" and protocol in method(run.paper).protocols]
        runs = [replace(run, protocol=protocol) for run in honest]
    return runs


def of_papers(runs: Sequence[Run], chosen: Sequence[str]) -> list[Run]:
    """The runs of some papers, and those of the rivals on the same corpora; all of them where no paper is chosen.

    Raises:
        ValueError: a paper has none among them.
    """
    if not chosen:
        return list(runs)
    lacking = [paper for paper in chosen if all(run.paper != paper for run in runs)]
    if lacking:
        raise ValueError(
            f"There is no run of {', '.join(lacking)}: `depnb protocols` names the protocols of each paper, and at the "
            "profile paper `depnb weights list` those weights that have to be imported first."
        )
    where = {(run.profile, run.corpus, run.protocol) for run in runs if run.paper in chosen}
    beside = {run for run in runs if run.paper == RIVALS and (run.profile, run.corpus, run.protocol) in where}
    return [run for run in runs if run.paper in chosen or run in beside]
