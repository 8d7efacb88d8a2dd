"""Frames survive the wire, and what is malformed is an error, never a crash or a flood of memory."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dllab.engine import protocol
from dllab.engine.series import Series


@given(arrays(st.sampled_from([np.float32, np.int64, np.uint8]), array_shapes(min_dims=0, max_dims=4, min_side=0)))
def test_arrays_come_back_equal(array: np.ndarray) -> None:
    back = protocol.unpack(protocol.pack(array))
    assert back.dtype == array.dtype
    assert np.array_equal(back, array, equal_nan=array.dtype.kind == "f")


@given(st.lists(st.integers(1, 40), max_size=8), st.data())
def test_frames_are_cut_wherever_the_stream_was_cut(sizes: list[int], data: st.DataObject) -> None:
    frames = [protocol.encode(protocol.Change("x" * size, 1.0)) for size in sizes]
    stream = b"".join(frames)
    parts = protocol.Reassembler()
    bodies = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        bodies += list(parts.feed(stream[:cut]))
        stream = stream[cut:]
    assert [protocol.decode_command(b).name for b in bodies] == ["x" * size for size in sizes]


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    for decode in (protocol.decode_command, protocol.decode_event):
        with contextlib.suppress(protocol.ProtocolError):
            decode(data)


@pytest.mark.parametrize(
    "array",
    [
        protocol.Array("object", (1,), b"12345678"),
        protocol.Array("float32", (10**9, 10**9), b""),
        protocol.Array("float32", (-1,), b""),
        protocol.Array("float32", (2,), b"1234567"),
    ],
)
def test_arrays_that_lie_about_themselves_are_refused(array: protocol.Array) -> None:
    with pytest.raises(protocol.ProtocolError):
        protocol.unpack(array)


def test_an_oversized_frame_is_refused_before_it_is_buffered() -> None:
    with pytest.raises(protocol.ProtocolError):
        list(protocol.Reassembler().feed(struct.pack(">I", protocol.FRAME_LIMIT + 1)))


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30))
def test_a_series_stays_bounded_ordered_and_keeps_its_extremes(lengths: list[int]) -> None:
    series = Series(capacity=1024)
    values = np.sin(np.arange(sum(lengths)) * 0.7) * 3
    spike = len(values) // 3
    values[spike] = 1000.0
    start = 0
    for length in lengths:
        series.extend(np.arange(start, start + length, dtype=float), values[start : start + length])
        start += length
    assert len(series) <= 1024
    assert (np.diff(series.steps) > 0).all()
    assert np.diff(series.steps, prepend=0).max() <= 8 * max(1, len(values) / 512)
    assert series.steps[-1] == len(values) - 1
    assert series.values.max() == 1000.0
    assert np.array_equal(values[series.steps.astype(int)], series.values)
