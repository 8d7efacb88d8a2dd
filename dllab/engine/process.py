"""The engine's command loop: reads frames on the main thread, trains on another."""

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from dllab.engine import protocol
from dllab.engine.outbox import Outbox
from dllab.text import set_language

log = logging.getLogger(__name__)


def main() -> int:
    """Serve one window until it says Quit or goes away."""
    frames = own_stdout()
    faulthandler.enable()
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    # Ctrl-C in a terminal reaches the whole group; ending the engine is the window's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_language(os.environ.get("DLLAB_LANGUAGE", "en"))
    outbox = Outbox(frames)
    serve(outbox, sys.stdin.buffer)
    outbox.close()
    return 0


def own_stdout() -> BinaryIO:
    """The real stdout for frames alone: whatever a library prints from now on goes to stderr."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def serve(outbox: Outbox, stream: BinaryIO) -> None:
    """Pass commands from the window to the training thread until the stream ends or says Quit."""
    # torch takes a second to load: only now, when the pipes are safe and the window already paints.
    import torch

    from dllab.engine.worker import Worker
    from dllab.probes import load_probes
    from dllab.training.device import devices, threads

    torch.set_num_threads(threads())
    load_probes()
    worker = Worker(outbox)
    worker.start()
    outbox.control(protocol.Ready(protocol.VERSION, str(torch.__version__), devices(), threads()))
    for command in commands(stream, outbox):
        if isinstance(command, protocol.Credit):
            outbox.grant(command.frames)
        else:
            worker.inbox.put(command)
    worker.inbox.put(protocol.Quit())
    worker.join()


def commands(stream: BinaryIO, outbox: Outbox) -> Iterator[Any]:
    """Every command until the stream ends; a malformed one is answered, a stream out of step is the end."""
    parts = protocol.Reassembler()
    while data := os.read(stream.fileno(), 1 << 16):
        try:
            for body in parts.feed(data):
                try:
                    command = protocol.decode_command(body)
                except protocol.ProtocolError as error:
                    log.warning("malformed command: %s", error)
                    outbox.control(protocol.Complaint("protocol", str(error)))
                    continue
                yield command
                if isinstance(command, protocol.Quit):
                    return
        except protocol.ProtocolError as error:
            log.error("%s", error)
            return
