"""Arrays from the pickles and torch files of others: no name in a file is looked up, and nothing in it is called.

``pickletools`` splits a pickle into its opcodes; the few that arrays need are carried out here, on plain lists and
dicts. What a file claims is compared with what it holds before an array is made, so that no file takes more memory than
a few times its own size.
"""

import io
import math
import pickletools
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

LARGEST_FILE = 1 << 30
"""Bytes; the files that circulate have at most 200 MB."""
MOST_OPCODES = 200_000
"""In all pickles of a file; the files that circulate have about 20,000."""
FLOATS = ("f2", "f4", "f8")
STORAGES = {"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}
VALUES = frozenset([
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
])  # fmt: skip
EMPTY = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict}
SINGLE = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
TORCH_PICKLES = 5
"""In a torch file that is no archive: magic number, version, machine, content, and the names of the storages."""


class ForbiddenError(ValueError):
    """A file asks for something that arrays do not need."""


class DamagedError(ValueError):
    """A file that is cut off, or claims what it does not hold."""


class OtherContentError(ValueError):
    """A file that holds something else than arrays of numbers by their names."""


class _Name:
    """A name in a pickle with what stands for it here, which makes an object of a tuple of arguments."""

    def __init__(self, made: Callable[..., Any]):
        self.made = made


@dataclass
class _Encoded:
    """Bytes as Python 3 pickles them for Python 2."""

    text: str
    encoding: str

    def __post_init__(self) -> None:
        if self.encoding != "latin1":
            raise ForbiddenError(f"text encoded as {_text(self.encoding)}")


@dataclass
class _Type:
    """Of numbers, with their order of bytes once it is set."""

    name: str
    align: Any = False
    copy: Any = True
    order: str = "<"

    def __post_init__(self) -> None:
        if self.name not in FLOATS:
            raise OtherContentError(f"elements {_text(self.name)}")

    def set(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]
        if self.order not in ("<", ">", "=", "|") or any(part is not None for part in state[2:5]):
            raise OtherContentError("elements with fields")


class _Array:
    """A NumPy array that is still to be made."""

    def __init__(self, *_: Any):
        self.shape: tuple[int, ...] = ()
        self.type: _Type | None = None
        self.data: Any = b""

    def set(self, state: tuple[Any, ...]) -> None:
        shape, of, fortran, data = state[-4:]
        self.shape, self.type, self.data = _shape(shape), _instance(of, _Type), data
        self.order: Literal["C", "F"] = "F" if fortran else "C"

    @property
    def size(self) -> int:
        return math.prod(self.shape) * _width(_instance(self.type, _Type).name)

    def value(self, _: Mapping[str, bytes]) -> np.ndarray:
        of, data = _instance(self.type, _Type), self.data
        text = data.text if isinstance(data, _Encoded) else data
        raw = text.encode("latin1") if isinstance(text, str) else _instance(text, bytes)
        if len(raw) != self.size:
            raise DamagedError("an array with other bytes than its shape has")
        stored = np.frombuffer(raw, f"{of.order.replace('|', '<')}{of.name}")
        return np.array(stored.reshape(self.shape, order=self.order), dtype=of.name, order="C")


@dataclass
class _Storage:
    """Numbers of a torch file, which lie outside of its pickle."""

    type: str
    key: str
    numbers: int


@dataclass
class _Tensor:
    """A tensor that is still to be made."""

    storage: Any
    offset: Any
    shape: Any
    stride: Any
    needs_gradient: Any = False
    hooks: Any = None

    def __post_init__(self) -> None:
        _instance(self.storage, _Storage)
        self.shape, self.stride = _shape(self.shape), _shape(self.stride)
        _instance(self.offset, int)
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if not 0 <= self.offset <= last + 1 or (math.prod(self.shape) and last >= self.storage.numbers):
            raise DamagedError("a tensor that reaches beyond its numbers")

    @property
    def size(self) -> int:
        return math.prod(self.shape) * _width(self.storage.type)

    def value(self, storages: Mapping[str, bytes]) -> np.ndarray:
        raw = storages[self.storage.key]
        width = _width(self.storage.type)
        if len(raw) != self.storage.numbers * width:
            raise DamagedError("numbers of another count than is said")
        strides = [step * width for step in self.stride]
        seen = np.ndarray(self.shape, self.storage.type, raw, self.offset * width, strides)
        return np.array(seen, order="C")


def _dict(pairs: Any = ()) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        _put(found, *pair)
    if pairs:
        pairs.clear()  # moved and not copied, however often the list is asked for again
    return found


NAMES: dict[str, _Name] = {
    "numpy.core.multiarray _reconstruct": _Name(_Array),
    "numpy._core.multiarray _reconstruct": _Name(_Array),
    "numpy dtype": _Name(_Type),
    "_codecs encode": _Name(_Encoded),
    "__builtin__ bytes": _Name(lambda: b""),
    "collections OrderedDict": _Name(_dict),
}
TORCH_NAMES: dict[str, _Name] = {
    "collections OrderedDict": _Name(_dict),
    "torch._utils _rebuild_tensor_v2": _Name(_Tensor),
    "torch._utils _rebuild_parameter": _Name(lambda tensor, *_: _instance(tensor, _Tensor)),
}
"""What may stand in a pickle by name, and what is made for it."""


def read_pickle(path: Path) -> dict[str, np.ndarray]:
    """The floating-point arrays of a pickle, of Python 2 or 3, by name.

    Raises:
        OSError: it cannot be read.
        ForbiddenError, DamagedError, OtherContentError: it is no such pickle.
    """
    content = _content(path)
    with _errors_named():
        return _made(_Machine(NAMES).load(io.BytesIO(content)), len(content), {})


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file of ``torch.save``, of either format, by name; errors as of ``read_pickle``."""
    content = _content(path)
    with _errors_named():
        return (_read_archive if content.startswith(b"PK") else _read_stream)(content)


def _read_archive(content: bytes) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ForbiddenError("packed numbers")
        if sum(entry.file_size for entry in archive.infolist()) > len(content):
            raise DamagedError("more numbers than the file has bytes")
        names = archive.namelist()
        (pickled,) = (name for name in names if name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl")
        if f"{folder}byteorder" in names and archive.read(f"{folder}byteorder") != b"little":
            raise OtherContentError("numbers of another order of bytes")
        machine = _Machine(TORCH_NAMES)
        read = machine.load(io.BytesIO(archive.read(pickled)))
        storages = {key: archive.read(f"{folder}data/{key}") for key in machine.storages}
    return _made(read, len(content), storages)


def _read_stream(content: bytes) -> dict[str, np.ndarray]:
    stream, machine = io.BytesIO(content), _Machine(TORCH_NAMES)
    *_, read, keys = (machine.load(stream) for _ in range(TORCH_PICKLES))
    storages = {}
    for key in keys:
        width = _width(machine.storages[key].type)
        numbers = int.from_bytes(stream.read(8), "little")
        storages[key] = stream.read(min(numbers * width, len(content)))
    return _made(read, len(content), storages)


class _Machine:
    """Carries out the opcodes that plain data and arrays need."""

    def __init__(self, names: Mapping[str, _Name]):
        self.names, self.storages, self.opcodes = names, dict[str, _Storage](), 0
        self.stack, self.marks, self.memo = list[Any](), list[int](), dict[int, Any]()

    def load(self, stream: io.BytesIO) -> Any:
        """The value of the next pickle in a stream."""
        self.stack, self.marks, self.memo = [], [], {}
        for opcode, argument, _ in pickletools.genops(stream):
            self.opcodes += 1
            if self.opcodes > MOST_OPCODES:
                raise ForbiddenError(f"more than {MOST_OPCODES} steps")
            if opcode.name == "STOP":
                return self.stack.pop()
            self._carry_out(opcode.name, argument)
        raise DamagedError("no end")

    def _carry_out(self, opcode: str, argument: Any) -> None:
        stack = self.stack
        if opcode in VALUES:
            stack.append(argument)
        elif opcode in SINGLE:
            stack.append(SINGLE[opcode])
        elif opcode in EMPTY:
            stack.append(EMPTY[opcode]())
        elif opcode in TUPLES:
            stack.append(tuple(self._popped(len(stack) - TUPLES[opcode])))
        elif opcode in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if argument is None else argument] = stack[-1]
        elif opcode in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif opcode == "MARK":
            self.marks.append(len(stack))
        elif opcode not in ("PROTO", "FRAME"):
            self._make(opcode, argument)

    def _make(self, opcode: str, argument: Any) -> None:
        """An object of what lies on the stack, or what changes one."""
        stack = self.stack
        if opcode in ("TUPLE", "LIST", "DICT", "APPENDS", "SETITEMS"):
            values = self._popped(self.marks.pop())
            if opcode == "TUPLE":
                stack.append(tuple(values))
            elif opcode == "LIST":
                stack.append(values)
            elif opcode == "APPENDS":
                _instance(stack[-1], list).extend(values)
            else:
                if opcode == "DICT":
                    stack.append({})
                for name, value in zip(values[::2], values[1::2], strict=True):
                    _put(_instance(stack[-1], dict), name, value)
        elif opcode == "APPEND":
            value = stack.pop()
            _instance(stack[-1], list).append(value)
        elif opcode == "SETITEM":
            name, value = self._popped(len(stack) - 2)
            _put(_instance(stack[-1], dict), name, value)
        elif opcode == "GLOBAL":
            stack.append(self._named(argument))
        elif opcode == "STACK_GLOBAL":
            stack.append(self._named(" ".join(_instance(part, str) for part in self._popped(len(stack) - 2))))
        elif opcode == "REDUCE":
            named, arguments = self._popped(len(stack) - 2)
            stack.append(_instance(named, _Name).made(*_instance(arguments, tuple)))
        elif opcode == "BUILD":
            state = stack.pop()
            _instance(stack[-1], (_Array, _Type)).set(_instance(state, tuple))
        elif opcode == "BINPERSID" and self.names is TORCH_NAMES:
            stack.append(self._storage(stack.pop()))
        else:
            raise ForbiddenError(str(argument).replace(" ", ".") if opcode == "INST" else opcode)

    def _popped(self, start: int) -> list[Any]:
        if start < 0:
            raise DamagedError("nothing where something should be")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def _named(self, name: str) -> _Name:
        if name == "numpy ndarray":
            return _Name(lambda *_: _forbid("numpy.ndarray"))
        module, _, last = name.partition(" ")
        if module == "torch" and last in STORAGES and self.names is TORCH_NAMES:
            return _Name(lambda: STORAGES[last])
        if name not in self.names:
            _forbid(name.replace(" ", "."))
        return self.names[name]

    def _storage(self, said: Any) -> _Storage:
        kind, of, key, _, numbers, *_ = said
        if kind != "storage" or type(key) is not str or type(numbers) is not int or numbers < 0:
            raise DamagedError("numbers that nobody can find")
        return self.storages.setdefault(key, _Storage(_instance(of, _Name).made(), key, numbers))


def _made(read: Any, size: int, storages: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The arrays of what was read, if they are no more than the file has bytes."""
    if type(read) is not dict or not all(isinstance(value, _Array | _Tensor) for value in read.values()):
        raise OtherContentError("something else")
    if sum(value.size for value in read.values()) > size:
        raise DamagedError("more numbers than the file has bytes")
    return {name: value.value(storages) for name, value in read.items()}


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise OtherContentError(f"more than {LARGEST_FILE >> 20} MB")
    return path.read_bytes()


@contextmanager
def _errors_named() -> Iterator[None]:
    """What a damaged file raises, which can be anything, becomes a ``DamagedError``."""
    try:
        yield
    except (ForbiddenError, DamagedError, OtherContentError):
        raise
    except Exception as error:
        raise DamagedError(type(error).__name__) from error


def _text(value: Any) -> str:
    """A text for a message; of anything else only the kind, because it may be endless."""
    return value[:80] if isinstance(value, str) else type(value).__name__


def _forbid(name: str) -> Any:
    raise ForbiddenError(name[:200])


def _put(found: dict[str, Any], name: Any, value: Any) -> None:
    if type(name) is not str:
        raise OtherContentError("names that are no text")
    found[name] = value


def _shape(sizes: Any) -> tuple[int, ...]:
    if type(sizes) is not tuple or len(sizes) > 8 or not all(type(n) is int and 0 <= n < 1 << 40 for n in sizes):
        raise DamagedError("no shape")
    return sizes


def _width(type_: str) -> int:
    """Bytes of a number."""
    return int(type_[-1])


def _instance(value: Any, of: Any) -> Any:
    if not isinstance(value, of):
        raise DamagedError("something else than was expected")
    return value
