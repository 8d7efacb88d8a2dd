"""Where a run computes: the devices of this machine and the threads that the CPU gives."""

import os

import torch

from dllab.text import _, ngettext


class DeviceProblem(ValueError):
    """A device that is not here, with the reason for people."""


def devices() -> list[tuple[str, str]]:
    """(name, words for people), the best first: CUDA, then MPS, then CPU."""
    found = []
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            facts = torch.cuda.get_device_properties(number)
            found.append((f"cuda:{number}", f"{facts.name}, {facts.total_memory / 2**30:.0f} GB"))
    if torch.backends.mps.is_available():
        found.append(("mps", _("Apple GPU")))
    found.append(("cpu", ngettext("CPU, {count} core", "CPU, {count} cores", cores()).format(count=cores())))
    return found


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(name: str = "auto") -> torch.device:
    """The device for a name; "auto" is the best there is. Raises DeviceProblem."""
    names = [known for known, _words in devices()]
    if name == "auto":
        return torch.device(names[0])
    if name == "cuda":
        name = "cuda:0"
    if name not in names:
        text = _("The device {name} is not here; there is {names}.")
        raise DeviceProblem(text.format(name=name, names=", ".join(names)))
    return torch.device(name)


def threads() -> int:
    """CPU threads for training: one core stays free for the window."""
    return max(1, min(8, cores() - 1))
