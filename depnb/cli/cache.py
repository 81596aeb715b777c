"""``depnb cache`` lists and deletes what can be made again."""

from typing import Annotated

import typer

from depnb.cli import show
from depnb.cli.app import group as new_group

group = new_group("Look at `$DEPNB_CACHE` and empty it; everything there can be made again.")


@group.command("ls")
def ls() -> None:
    """List what lies in the cache, by kind and, where it can be told, by corpus.

    Everything that depnb put there can be made again.

    Example: `depnb cache ls`
    """
    from datetime import date

    from depnb.experiments import cache
    from depnb.system.files import cache_dir

    found = cache.items()
    rows = []
    for entry in cache.grouped(found):
        what = entry.of or cache.KINDS[entry.kind]
        used = date.fromtimestamp(entry.used).isoformat() if entry.files else "–"
        rows.append((entry.kind, what, f"{entry.files:,}", f"{entry.bytes / 1e6:,.1f}", used))
    show.table(("kind", "what", "files", "MB", "last used"), rows, title="Cache", numbers=("files", "MB"))
    total = sum(item.bytes for item in found) / 1e6
    show.say(f"{sum(item.files for item in found):,} files, {total:,.1f} MB in {cache_dir()}")
    if any(item.kind == cache.UNKNOWN for item in found):
        show.say("depnb did not put there what is unknown, and never deletes it.")


@group.command("rm")
def rm(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND", help="corpora, faces, frames, checkpoints, pretrained or weights."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All kinds.")] = False,
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Only what was not used for so many days.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Delete what lies in the cache, kind by kind. Everything of these kinds can be made again.

    A corpus goes as a whole. Links are never followed, and unknown things stay.

    Examples: `depnb cache rm faces frames`; `depnb cache rm --all --older-than 30`
    """
    from depnb.experiments import cache
    from depnb.system.files import cache_dir

    if bool(kinds) == everything:
        raise ValueError(f"Name what to delete ({', '.join(cache.KINDS)}), or give --all.")
    chosen = cache.select(kinds or list(cache.KINDS), older_than)
    if not chosen:
        show.say(f"Nothing to delete in {cache_dir()}")
        return
    for entry in cache.grouped(chosen):
        show.say(f"  {entry.kind} {entry.of}: {entry.files:,} files, {entry.bytes / 1e6:,.1f} MB")
    if not yes:
        count = sum(item.files for item in chosen)
        typer.confirm(f"Delete these {count:,} files from {cache_dir()}?", abort=True)
    removed = cache.remove(chosen)
    show.say(f"{removed.files:,} files deleted, {removed.bytes / 1e6:,.1f} MB freed")
    for path, reason in removed.failures:
        show.say(f"✘ {path}: {reason}", err=True)
    if removed.failures:
        raise typer.Exit(1)
