"""What simulated nodes do: units that can be repeated, as those of depnb."""

import os
import signal
import time
from pathlib import Path

from depnb.system.files import StorageError


def square(number, worker):
    """Tells its number, says it, and keeps its core busy for so long that another node takes the next one."""
    print(f"the square of {number}")
    worker.tell(number)
    time.sleep(0.5)
    return number**2, place()


def place():
    """The node of a Ray cluster, or elsewhere the process."""
    import ray

    return ray.get_runtime_context().get_node_id() if ray.is_initialized() else os.getpid()


def fail(number, worker):
    if number == 1:
        raise KeyError("no such frame")
    return number


def kill(number, worker):
    if number == 1:
        print("memory is running out", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def step_by_step(folder: Path, worker):
    """Ten steps, each written down as in a checkpoint; gives where it began."""
    state = folder / "step"
    folder.mkdir(exist_ok=True)
    begun = int(state.read_text()) if state.exists() else 0
    with open(folder / "begun", "a") as processes:
        processes.write(f"{os.getpid()}\n")
    worker.tell((folder.name, begun, place()))
    for step in range(begun, 10):
        time.sleep(0.3)
        state.write_text(str(step + 1))
    return begun


def fill_the_disk(number, worker):
    raise StorageError("the disk is full")
