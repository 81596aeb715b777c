"""Work of a worker process that goes wrong."""

import os
import signal
from importlib import import_module

make_one = import_module("depnb.corpus.synthetic.make")._make_one


def die_or_fail(job, worker):
    """One video of the first session kills the process, the other one raises an error."""
    *_, path = job
    if "203_1_Freeform" in path.name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "203_1_Northwind" in path.name:
        raise ZeroDivisionError("odd input")
    return make_one(job, worker)
