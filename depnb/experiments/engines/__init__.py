"""Where the units of long work are done, besides the processes of this machine.

A unit is a video to make or to prepare, or a run. Each can be repeated: what is there is not made again, and what was
interrupted goes on. So a machine may join and leave at any time, and a unit that was on it begins again elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from depnb.experiments.engines.ray_cluster import RayCluster
from depnb.experiments.engines.shared import marked
from depnb.experiments.engines.slurm import Slurm, read_settings
from depnb.system.files import cache_dir
from depnb.system.workers import on


def engine(name: str, logs: Path) -> RayCluster | Slurm | None:
    """What ``--on`` names: ``here``, ``ray``, ``ray:ADDRESS`` or ``slurm:FILE.toml``.

    Args:
        name: of the engine.
        logs: folder for what each unit says, which all machines see.

    Returns:
        None for ``here``.

    Raises:
        ValueError: another name; a file with settings that there are not.
        FileNotFoundError: no such file.
        ModuleNotFoundError: Ray or submitit is not installed.
        ConnectionError: there is no Ray cluster at the address.
    """
    kind, colon, rest = name.partition(":")
    if name == "here":
        return None
    if kind == "ray" and (rest or not colon):
        return RayCluster(rest or None, logs)
    if kind == "slurm" and rest:
        return Slurm(read_settings(Path(rest)), logs)
    raise ValueError(f"--on {name}: give here, ray, ray:ADDRESS (as in ray:10.0.0.1:6379) or slurm:FILE.toml.")


@contextmanager
def working_on(name: str, logs: Path, folders: Sequence[Path], say: Callable[[str], None]) -> Iterator[None]:
    """Give the work within the block to what ``--on`` names, if all machines see the cache and these folders.

    Args:
        name, logs: as ``engine``. folders: that the work is written to.
        say: what is told of folders that are not shared as they should be.

    Raises:
        ValueError: a machine does not see one of the folders; and as ``engine``, with its other errors.
    """
    chosen = engine(name, logs)
    if chosen is None:
        yield
        return
    with marked([cache_dir(), *folders]) as mark:
        for remark in chosen.demand_shared(mark):
            say(f"⚠ {remark}")
        with on(chosen):
            yield
