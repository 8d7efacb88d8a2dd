"""Messages between window and engine: length-prefixed msgpack frames of tagged, size-checked structs.

A frame is 4 bytes of length (big-endian) and that many bytes of msgpack. Arrays travel as dtype, shape and raw bytes.
"""

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np

VERSION = 1
FRAME_LIMIT = 64 * 1024 * 1024
_HEADER = struct.Struct(">I")
_DTYPES = frozenset({"float32", "float64", "int64", "int32", "uint8", "bool"})


class ProtocolError(ValueError):
    """A frame that is too large, cut off or not one of the known messages."""


class Array(msgspec.Struct, frozen=True):
    """A numpy array on the wire."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def pack(array: "np.ndarray") -> Array:
    """An array for the wire. Raises ProtocolError for dtypes that don't travel."""
    if array.dtype.name not in _DTYPES:
        raise ProtocolError(f"arrays of {array.dtype} are not sent")
    import numpy as np  # the window shows its first picture without it

    return Array(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())


def unpack(array: Array) -> "np.ndarray":
    """The array again (read-only). Raises ProtocolError when dtype, shape and size disagree."""
    if array.dtype not in _DTYPES or any(n < 0 for n in array.shape):
        raise ProtocolError(f"not an array: {array.dtype} {array.shape}")
    import numpy as np

    dtype = np.dtype(array.dtype)
    size = dtype.itemsize
    for extent in array.shape:
        size *= extent
    if size != len(array.data):
        raise ProtocolError(f"{array.shape} of {array.dtype} takes {size} bytes, not {len(array.data)}")
    return np.frombuffer(array.data, dtype).reshape(array.shape)


# --- commands: window -> engine ------------------------------------------------------------------------------------


class Command(msgspec.Struct, frozen=True, tag_field="command", tag=lambda name: name.lower()):
    """Base of what the window asks for."""


class Train(Command, frozen=True):
    """Begin a run of the experiment (text of a file). `pace`: "run", "step" or "epoch" to pause
    after one, "hold" to pause before the first."""

    run: str
    experiment: str
    device: str = "auto"
    pace: str = "run"
    checkpoint: str = ""
    """Folder for the run's checkpoints; empty: none are written."""
    resume: bool = False
    """Go on from the checkpoint in that folder."""
    trusted: tuple[str, ...] = ()
    """Digests of the code that the person trusts; other code in the experiment is not run."""


class Pause(Command, frozen=True):
    """Halt between two batches, keeping everything."""


class Resume(Command, frozen=True):
    """Go on after a pause; `pace` as in Train. With `more_epochs` a finished run goes on that much longer."""

    pace: str = "run"
    more_epochs: int = 0


class Stop(Command, frozen=True):
    """End the run, keeping the model for looking at."""


class Reset(Command, frozen=True):
    """Forget the model."""


class Change(Command, frozen=True):
    """New values while running: `learning_rate`, `batch_size`."""

    name: str
    value: float


class Subscribe(Command, frozen=True):
    """Keep a picture coming: probe by name, with its parameters (node, sample, …)."""

    id: int
    probe: str
    params: dict[str, Any]
    watch: bool = False
    """Kept in the background: once a second, in a four-hundredth of the time, and not in the middle of a step."""


class Unsubscribe(Command, frozen=True):
    """No longer looking."""

    id: int


class Look(Command, frozen=True):
    """Load the data of an experiment and describe it (answered by DataSummary with the same `id`)."""

    id: int
    experiment: str
    limit: int = 400


class OpenTest(Command, frozen=True):
    """Score the sealed test part once (answered by TestScore)."""


class Walk(Command, frozen=True):
    """Move a paused run by one operation: "next", "back", or "until" the next one of this phase and node (answered by
    Walked; "" stands for any). "fault" pauses a non-finite run at the operation that made the first such number. Whatever else is asked of the run afterwards begins between two batches again."""

    way: str
    phase: str = ""
    node: str = ""
    count: int = 1
    """How many operations, for "next"."""


class Explain(Command, frozen=True):
    """Tell the sum behind a number of the operation in hand (answered by Explained)."""

    what: str
    index: tuple[int, ...]


class Seek(Command, frozen=True):
    """Put a run that does not train where it was before this step, or back at its end if it never came so far
    (answered by Stands, when it is there; a newer Seek takes the place of one that is on the way)."""

    step: int


class Branch(Command, frozen=True):
    """Train on as a new run from where a Seek has put the present one; `pace` and `checkpoint` as in Train."""

    run: str
    pace: str = "run"
    checkpoint: str = ""


class Credit(Command, frozen=True):
    """The window is ready for this many more frames."""

    frames: int


class Quit(Command, frozen=True):
    """End the process after writing a last checkpoint."""


# --- events: engine -> window --------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=lambda name: name.lower()):
    """Base of what the engine reports."""


class Ready(Event, frozen=True):
    """The engine can take commands. `devices` are (name for commands, words for people), best first."""

    version: int
    torch: str
    devices: list[tuple[str, str]]
    threads: int


class State(Event, frozen=True):
    """Where the run stands: starting, running, paused, stopped, done, failed, non-finite or idle."""

    run: str
    state: str
    step: int = 0
    epoch: int = 0
    code: str = ""
    """Why, for failed and non-finite runs: "memory", "shape", "non-finite", "checkpoint", …"""
    text: str = ""
    """The same as one sentence for people."""
    node: str = ""
    """The layer at fault."""
    phase: str = ""
    """Of a non-finite run: in which phase of a step; Walk "fault" leads to that operation."""


class Progress(Event, frozen=True):
    """Coalesced: how far the run is."""

    run: str
    step: int
    steps: int
    epoch: int
    epochs: int
    steps_per_second: float
    seconds_left: float


class Stage(Event, frozen=True):
    """Coalesced: how far a clustering is; times are seconds, what is left comes from an estimate."""

    run: str
    text: str
    """What is being done, for people."""
    share: float
    elapsed: float
    left: float


class Found(Event, frozen=True):
    """What clustering found, before the state is "done": for each one node, layer (its kind), clusters, noise, samples,
    scores by name, and the same as a sentence in text."""

    run: str
    clusterings: list[dict[str, Any]]


class Scalars(Event, frozen=True):
    """Coalesced: new points of curves by name ("train_loss", "learning_rate" per step; "val_loss", … per epoch's step)."""

    run: str
    series: dict[str, tuple[Array, Array]]
    """Name -> (steps int64, values float64)."""


class Epoch(Event, frozen=True):
    """The numbers at the end of an epoch, as `dllab train --json` prints them."""

    run: str
    epoch: int
    step: int
    metrics: dict[str, float]


class Picture(Event, frozen=True):
    """What a subscription shows, newest only. `message` is set instead of arrays when the probe does not apply."""

    id: int
    run: str
    step: int
    arrays: dict[str, Array]
    labels: dict[str, Any]
    message: str = ""


class DataSummary(Event, frozen=True):
    """What an experiment's data looks like."""

    id: int
    arrays: dict[str, Array]
    labels: dict[str, Any]
    message: str = ""


class TestScore(Event, frozen=True):
    """The sealed test part, opened."""

    run: str
    metrics: dict[str, float]
    opened: int
    """How often it has been opened in this run."""


class Walked(Event, frozen=True):
    """The operation that is in hand after a Walk; `phase` is empty at the very start of a batch."""

    run: str
    batch: int
    taken: int
    phase: str
    node: str
    arrays: dict[str, Array]
    whole: dict[str, tuple[int, ...]] = {}
    """Shapes of the arrays of which only the first numbers are sent."""
    text: str = ""
    """What there is to say of the operation, as a sentence for people."""
    course: list[tuple[str, str]] = []
    """(phase, node) of every operation that this batch has, for what can be reached."""


class Stands(Event, frozen=True):
    """Where in its own past a run stands: before `step`, of those from `first` to `last`. At `last` it is at its end."""

    run: str
    step: int
    epoch: int
    first: int
    last: int


class Explained(Event, frozen=True):
    """The sum behind a number, line by line; without lines `message` says why there is none."""

    what: str
    index: tuple[int, ...]
    lines: list[str]
    message: str = ""


class Complaint(Event, frozen=True):
    """A command that could not be carried out, with the reason; the run goes on as before."""

    code: str
    text: str


AnyCommand = (
    Train | Pause | Resume | Stop | Reset | Change | Subscribe | Unsubscribe | Look | OpenTest | Walk | Explain | Seek
    | Branch | Credit | Quit
)  # fmt: skip
AnyEvent = (
    Ready
    | State
    | Progress
    | Stage
    | Found
    | Scalars
    | Epoch
    | Picture
    | DataSummary
    | TestScore
    | Walked
    | Stands
    | Explained
    | Complaint
)

_encoder = msgspec.msgpack.Encoder()
_command_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(AnyCommand)
_event_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(AnyEvent)


def encode(message: Command | Event) -> bytes:
    """A message as one frame. Raises ProtocolError when it would be too large."""
    body = _encoder.encode(message)
    if len(body) > FRAME_LIMIT:
        raise ProtocolError(f"a message of {len(body):,} bytes is too large")
    return _HEADER.pack(len(body)) + body


def decode_command(body: bytes) -> Any:
    """The command in a frame's body. Raises ProtocolError."""
    return _decode(_command_decoder, body)


def decode_event(body: bytes) -> Any:
    """The event in a frame's body. Raises ProtocolError."""
    return _decode(_event_decoder, body)


def _decode(decoder: "msgspec.msgpack.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error


class Reassembler:
    """Cuts a byte stream back into frame bodies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Bodies completed by `data`. Raises ProtocolError for a frame over the limit, before buffering it."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer)
            if length > FRAME_LIMIT:
                raise ProtocolError(f"a frame of {length:,} bytes is too large")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield body
