"""Well-known pictures that can be fetched: where they are and by which checksums they are known. Loads nothing heavy."""

from dataclasses import dataclass

from dllab.text import N_


@dataclass(frozen=True)
class Download:
    """What is fetched, from where, and by which checksums it is known."""

    kind: str
    title: str
    about: str
    base: str
    files: tuple[tuple[str, str], ...]
    """(name, checksum): training inputs and labels, test inputs and labels; or one archive."""
    size: int
    """Bytes of all files, about, for the progress."""
    classes: tuple[str, ...]


def _idx_files(*checksums: str) -> tuple[tuple[str, str], ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple((f"{name}-ubyte.gz", f"md5:{sum_}") for name, sum_ in zip(names, checksums, strict=True))


DOWNLOADS = {
    download.kind: download
    for download in (
        Download(
            "mnist", "MNIST", N_("Fetch 70,000 handwritten digits of 28 × 28 pixels, 12 MB"),
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            _idx_files("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
                       "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"),
            11_600_000, tuple("0123456789"),
        ),
        Download(
            "fashion_mnist", "Fashion-MNIST", N_("Fetch 70,000 pieces of clothing of 28 × 28 pixels, 31 MB"),
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            _idx_files("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
                       "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"),
            30_900_000,
            ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        Download(
            "cifar10", "CIFAR-10", N_("Fetch 60,000 colour photos of 32 × 32 pixels in 10 classes, 170 MB"),
            "https://www.cs.toronto.edu/~kriz/",
            # The binary version: the one for Python is pickled, and nothing pickled is ever loaded.
            (("cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530"),), 170_052_171,
            ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        ),
    )
}  # fmt: skip
