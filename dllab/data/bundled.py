"""Small real datasets that come with scikit-learn: nothing is downloaded."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dllab.data.base import Arrays, Dataset, DataSpec, dataset
from dllab.text import N_

if TYPE_CHECKING:
    import numpy as np


def _table(x: "np.ndarray", y: "np.ndarray") -> Arrays:
    return Arrays(x.astype("float32"), y.astype("int64"))


@dataset
class Digits(Dataset):
    """Handwritten digits as grey pictures of 8 × 8 pixels.

    1,797 pictures of the digits 0 to 9, each pixel from 0 (paper) to 16 (ink).

    Reference: Alpaydin, Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository (1998);
    `sklearn.datasets.load_digits`.
    """

    kind: ClassVar[str] = "digits"
    title: ClassVar[str] = N_("Digits")
    family: ClassVar[Literal["image", "table", "points"]] = "image"
    glyph: ClassVar[str] = "mdi6.numeric"

    def spec(self) -> DataSpec:
        return DataSpec(1797, (1, 8, 8), "classification", classes=tuple("0123456789"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import load_digits

        found: Any = load_digits()
        return _table(found.images[:, None], found.target)


@dataset
class Iris(Dataset):
    """Iris flowers of three species, told apart by the size of petals and sepals.

    150 flowers, four lengths in centimetres each. One species is easy to separate, the other two overlap.

    Reference: Fisher, Annals of Eugenics 7 (1936); `sklearn.datasets.load_iris`.
    """

    kind: ClassVar[str] = "iris"
    title: ClassVar[str] = N_("Iris")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.flower-outline"

    def spec(self) -> DataSpec:
        features = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
        return DataSpec(150, (4,), "classification", features, ("setosa", "versicolor", "virginica"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import load_iris

        return _table(*load_iris(return_X_y=True))


@dataset
class Wine(Dataset):
    """Italian wines of three cultivars, told apart by what a chemical analysis finds.

    178 wines, 13 measurements each, on very different scales: scaling the inputs matters here.

    Reference: Aeberhard, Forina, *Wine*, UCI Machine Learning Repository (1991); `sklearn.datasets.load_wine`.
    """

    kind: ClassVar[str] = "wine"
    title: ClassVar[str] = N_("Wine")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.glass-wine"

    def spec(self) -> DataSpec:
        features = (
            "alcohol",
            "malic acid",
            "ash",
            "alcalinity of ash",
            "magnesium",
            "total phenols",
            "flavanoids",
            "nonflavanoid phenols",
            "proanthocyanins",
            "color intensity",
            "hue",
            "od280/od315 of diluted wines",
            "proline",
        )
        return DataSpec(178, (13,), "classification", features, ("cultivar 1", "cultivar 2", "cultivar 3"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import load_wine

        return _table(*load_wine(return_X_y=True))


@dataset
class BreastCancer(Dataset):
    """Breast tumours, malignant or benign, described by the shape of their cell nuclei.

    569 tumours, 30 measurements each: mean, standard error and worst value of ten properties.

    Reference: Street, Wolberg, Mangasarian, SPIE 1905 (1993); `sklearn.datasets.load_breast_cancer`.
    """

    kind: ClassVar[str] = "breast_cancer"
    title: ClassVar[str] = N_("Breast cancer")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.ribbon"

    def spec(self) -> DataSpec:
        properties = (
            "radius",
            "texture",
            "perimeter",
            "area",
            "smoothness",
            "compactness",
            "concavity",
            "concave points",
            "symmetry",
            "fractal dimension",
        )
        mean, error, worst = ([p.format(name) for name in properties] for p in ("mean {}", "{} error", "worst {}"))
        return DataSpec(569, (30,), "classification", (*mean, *error, *worst), ("malignant", "benign"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import load_breast_cancer

        return _table(*load_breast_cancer(return_X_y=True))


@dataset
class Diabetes(Dataset):
    """How far diabetes has progressed after a year, from ten measurements of each patient.

    442 patients; the number to predict lies between 25 and 346. The measurements predict about half of it.

    Reference: Efron, Hastie, Johnstone, Tibshirani, Annals of Statistics 32 (2004); `sklearn.datasets.load_diabetes`.
    """

    kind: ClassVar[str] = "diabetes"
    title: ClassVar[str] = N_("Diabetes")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.diabetes"

    def spec(self) -> DataSpec:
        features = (
            "age",
            "sex",
            "body mass index",
            "blood pressure",
            "s1 tc",
            "s2 ldl",
            "s3 hdl",
            "s4 tch",
            "s5 ltg",
            "s6 glu",
        )
        return DataSpec(442, (10,), "regression", features, targets=("disease progression",))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import load_diabetes

        x, y = load_diabetes(return_X_y=True, scaled=False)
        return Arrays(x.astype("float32"), y.astype("float32")[:, None])
