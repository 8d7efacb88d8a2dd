"""Looks whether this machine has what the lab needs, and gets what is missing where it can.

Standard library only, and runs before anything is installed: `python dllab/doctor.py --install`.
"""

from __future__ import annotations

import argparse
import ctypes
import glob
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata

if sys.version_info < (3, 11):  # noqa: UP036  (this file is what says so)
    sys.exit(f"dllab needs Python 3.11 or newer; this is {platform.python_version()}.")
if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from dllab import display
from dllab.text import _, ngettext

# What the wheels of Qt link to, by the Debian package that brings it.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
TEST_TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
_FONT_PATTERN = re.compile(r"cjk|notosanssc|sourcehan|wqy|uming|ukai|droidsansfallback", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    fine: bool
    text: str
    packages: tuple[str, ...] = ()
    """Debian packages that would mend it."""
    needed: bool = True
    """Whether the lab can't do without it."""


def look(tests: bool = False) -> Iterator[Finding]:
    """Everything that is checked, in the order it is told."""
    yield _python()
    yield from _venv()
    if sys.platform == "linux":
        yield _glibc()
        yield from _libraries()
        yield _font()
    yield from _packages()
    yield from _gpu()
    if tests and sys.platform == "linux":
        yield from _tools(TEST_TOOLS)


def _python() -> Finding:
    return Finding(True, f"Python {platform.python_version()}")


def _venv() -> Iterator[Finding]:
    """A system Python must be able to make a virtual environment; Debian packs that apart."""
    if sys.prefix != sys.base_prefix or (importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv")):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    yield Finding(False, _("This Python can't make virtual environments."), (package,))


def _glibc() -> Finding:
    name, version = platform.libc_ver()
    if name == "glibc" and _numbers(version) < (2, 34):
        text = _("glibc {version} is older than 2.34, which Qt needs: use Debian 12, Ubuntu 22.04 or newer.")
        return Finding(False, text.format(version=version))
    return Finding(True, f"{name or 'libc'} {version}".strip())


def _libraries() -> Iterator[Finding]:
    wanted = {**LIBRARIES, **X11_LIBRARIES}
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted.update(WAYLAND_LIBRARIES)
    missing = [name for name in wanted if not _loads(name)]
    for name in missing:
        text = _("The library {name} is missing (Debian: {package}).")
        yield Finding(False, text.format(name=name, package=wanted[name]), (wanted[name],))
    if not missing:
        text = ngettext("{count} library that Qt needs", "{count} libraries that Qt needs", len(wanted))
        yield Finding(True, text.format(count=len(wanted)))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _font() -> Finding:
    folders = ["/usr/share/fonts", "/usr/local/share/fonts"]
    folders += [os.path.expanduser(name) for name in ("~/.fonts", "~/.local/share/fonts")]
    for folder in folders:
        for path in glob.iglob(os.path.join(folder, "**", "*.[to]t[fc]"), recursive=True):
            if _FONT_PATTERN.search(os.path.basename(path)):
                return Finding(True, _("A font with Chinese characters"))
    return Finding(False, _("No font with Chinese characters was found."), ("fonts-noto-cjk",), needed=False)


def _packages() -> Iterator[Finding]:
    try:
        wanted = metadata.requires("dllab") or []
    except metadata.PackageNotFoundError:
        yield Finding(True, _("The lab is not installed in this Python yet (make run does that)."), needed=False)
        return
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
    missing = [name for name in dict.fromkeys(names) if not _version(name)]
    for name in missing:
        text = _("The Python package {name} is missing. Get it with: pip install -c constraints.txt -e .")
        yield Finding(False, text.format(name=name))
    if not missing:
        yield Finding(True, f"PyTorch {_version('torch')}, PySide6 {_version('PySide6-Essentials')}")
    too_new = refused_qt(_version("PySide6-Essentials"))
    if too_new:
        yield Finding(False, too_new)


def refused_qt(version: str, python: tuple[int, ...] = sys.version_info[:2]) -> str | None:
    """A sentence if this PySide6 must not run on this Python: 6.12.0 loses references to None (PYSIDE-3474)."""
    if python >= (3, 12) or _numbers(version) < (6, 12):
        return None
    text = _(
        "PySide6 {version} ends Python {python} within seconds. "
        "Get the version before it with: pip install 'PySide6-Essentials>=6.11.3,<6.12'"
    )
    return text.format(version=version, python=".".join(map(str, python)))


def _gpu() -> Iterator[Finding]:
    build = _version("torch")
    if build.endswith("+cpu") and os.path.exists("/proc/driver/nvidia/version"):
        text = _(
            "An NVIDIA GPU is here, but PyTorch {version} can't use it: README.md, “GPU”, says how to change that."
        )
        yield Finding(False, text.format(version=build), needed=False)


def _tools(tools: dict[str, str]) -> Iterator[Finding]:
    for tool, package in tools.items():
        if shutil.which(tool):
            yield Finding(True, tool)
        else:
            text = _("{tool} is missing: tests with a real screen and mouse are left out.")
            yield Finding(False, text.format(tool=tool), (package,), needed=False)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def preflight() -> list[str]:
    """What keeps the window from opening, one sentence each; quick when it opened here before."""
    qt = _version("PySide6-Essentials")
    too_new = refused_qt(qt)
    if too_new:
        return [too_new]
    if display.worked_before(qt):
        return []
    missing = [] if sys.platform != "linux" else [f for f in _libraries() if not f.fine]
    if missing:
        packages = " ".join(dict.fromkeys(package for finding in missing for package in finding.packages))
        text = _("Qt needs libraries that are missing here. Get them with: {command}")
        return [text.format(command=f"sudo apt-get install -y {packages}")]
    problem = display.no_display() or display.probe()
    if problem:
        return [problem]
    display.remember(qt)
    return []


# --- mending -------------------------------------------------------------------------------------------------------


def _apt() -> list[str] | None:
    """How to call apt-get without being asked anything, or None."""
    if not shutil.which("apt-get"):
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", *quiet]
    return None


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages where that needs no question; otherwise print one line to copy. True if they are there."""
    line = "sudo apt-get install -y " + " ".join(packages)
    apt = _apt()
    if apt is None:
        if shutil.which("apt-get"):
            print(_("To install what is missing, run: {line}").format(line=line))
        else:
            print(_("Install what is missing with this system's own tool; on Debian it is: {line}").format(line=line))
        return False
    print(_("Installing {packages} …").format(packages=", ".join(packages)), flush=True)
    subprocess.run([*apt, "update", "-q"], capture_output=True, stdin=subprocess.DEVNULL)
    done = subprocess.run(
        [*apt, "install", "-y", "-q", "--no-install-recommends", *packages],
        capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        print(_("apt-get could not install them ({reason}). Try: {line}").format(reason=reason, line=line))
    return done.returncode == 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `dllab doctor` takes."""
    parser.add_argument("--install", action="store_true", help=_("install what is missing, where this may be done"))
    parser.add_argument("--tests", action="store_true", help=_("also look at what the tests use"))
    parser.add_argument("--quiet", action="store_true", help=_("tell only what is not fine"))
    parser.add_argument(
        "--display", action="store_true", help=_("only look whether a window can open (exit code 1: no)")
    )


def run(options: argparse.Namespace) -> int:
    """Look, tell, mend. 0 when the lab can run here."""
    if options.display:
        problems = preflight()
        print(*problems, sep="\n", end="\n" if problems else "")
        return 1 if problems else 0
    found = list(look(options.tests))
    packages = _to_install(found)
    if options.install and packages and install(packages):
        found = list(look(options.tests))
        packages = _to_install(found)
    elif packages and not options.install:
        found.append(
            Finding(False, _("To install what is missing, run: {line}").format(line=_install_line()), needed=False)
        )
    _tell(found, options.quiet)
    if not options.quiet:
        _tell_display()
    return 1 if any(f.needed and not f.fine for f in found) else 0


def _to_install(found: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(package for finding in found if not finding.fine for package in finding.packages))


def _install_line() -> str:
    return "dllab doctor --install" if _version("dllab") else "python3 dllab/doctor.py --install"


def _tell(found: Sequence[Finding], quiet: bool) -> None:
    for finding in found:
        if not (quiet and finding.fine):
            print("ok  " if finding.fine else "!   " if finding.needed else "-   ", finding.text, sep="")


def _tell_display() -> None:
    """A missing display is no illness: the lab then trains in the terminal."""
    if _version("PySide6-Essentials"):
        problems = preflight()
        _tell([Finding(not problems, text, needed=False) for text in problems or [_("A window can open here.")]], False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the doctor by itself."""
    parser = argparse.ArgumentParser(prog="doctor", description=_("Looks whether this machine has what the lab needs."))
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
