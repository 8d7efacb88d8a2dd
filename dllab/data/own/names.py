"""Which files can be brought in, by their names alone. Loads nothing heavy."""

from pathlib import Path

from dllab.text import N_, _

TABLES = (".csv", ".tsv", ".tab", ".parquet", ".pq")
PARQUET = (".parquet", ".pq")
TEXTS = (".txt", ".text", ".md")
"""Running text, most often; a table if it looks like one."""


PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
TARBALLS = (".tar.gz", ".tgz")
"""Looked into for CIFAR-10."""

_UNPACK = N_("{name} is an archive: unpack it and import the file or folder inside.")
_PICKLED = N_("{name} could run code when it is loaded, so it never is: save its arrays as .npz with numpy.savez.")
_SHEET = N_("{name} is a spreadsheet: save it as CSV and import that.")
_PAPER = N_("{name} is a document and no plain text: save its text as .txt and import that.")
_NESTED = N_("{name} is no table: bring its rows into a CSV file, one row for each sample, and import that.")
_NOT_THIS = {
    PICTURES: N_(
        "{name} is a single picture: put the pictures of each class into a folder of its own and import the folder"
        " that holds these."
    ),
    (".zip", ".tar", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst"): _UNPACK,
    (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"): _PICKLED,
    (".xlsx", ".xls", ".xlsm", ".ods", ".numbers"): _SHEET,
    (".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".epub"): _PAPER,
    (".json", ".jsonl", ".xml", ".html", ".htm", ".yaml", ".yml"): _NESTED,
    (".npy",): N_("{name} is one array: put inputs and targets into an .npz file with numpy.savez(…, x=…, y=…)."),
    (".mat", ".h5", ".hdf5", ".nc", ".arrow", ".feather"): N_(
        "{name} can't be read here: save its arrays as .npz with numpy.savez, or its table as CSV or Parquet."
    ),
    (".wav", ".mp3", ".ogg", ".flac", ".mp4", ".avi", ".mov", ".mkv"): N_(
        "{name} is sound or film, which can't be read here: save what is to be learned from as numbers in .npz."
    ),
    (".dllab",): N_("{name} is an experiment and no data: open it with File > Open…"),
}


def refusal(path: Path) -> str:
    """Why a file of this kind can't be brought in, and the way out; empty when it may be possible."""
    name = path.name.lower()
    if path.is_dir() or is_idx(path) or name.endswith(TARBALLS):
        return ""
    found = next((text for suffixes, text in _NOT_THIS.items() if name.endswith(suffixes)), "")
    return _(found).format(name=path.name) if found else ""


def is_idx(path: Path) -> bool:
    """Whether a name is one of an IDX file."""
    name = path.name.lower()
    return "ubyte" in name or name.endswith((".idx", ".idx1", ".idx3", ".idx.gz"))
