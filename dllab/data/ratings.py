"""Who likes what: people and films, and the stars that one gave the other."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, Family, dataset
from dllab.layers.base import Signal
from dllab.text import N_, _


@dataset
class Ratings(Dataset):
    """Made-up stars that people gave to films; tastes and films have three hidden sides.

    $r_{uf} = 3 + \\langle p_u, q_f \\rangle + 0.1\\,e$ with random $p_u, q_f \\in \\mathbb{R}^3$. About a third of all pairs has been
    rated; a sample is one such pair. Noise alone costs an error of 0.1.

    Reference: Koren, Bell, Volinsky, *Matrix factorization techniques for recommender systems*, IEEE Computer 42 (2009).
    """

    kind: ClassVar[str] = "ratings"
    title: ClassVar[str] = N_("Ratings")
    family: ClassVar[Family] = "text"
    glyph: ClassVar[str] = "mdi6.star-half-full"

    people: Annotated[int, Field(ge=5, le=500)] = Field(100, title=N_("People"), description=N_("How many have rated"))
    films: Annotated[int, Field(ge=5, le=500)] = Field(80, title=N_("Films"), description=N_("How many were rated"))

    def spec(self) -> DataSpec:
        tokens = (
            *(_("person {number}").format(number=n + 1) for n in range(self.people)),
            *(_("film {number}").format(number=n + 1) for n in range(self.films)),
        )
        shape = Signal((2,), len(tokens))
        count = self.people * self.films * 32 // 100
        return DataSpec(count, shape, "regression", (_("person"), _("film")), targets=(_("stars"),), tokens=tokens)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        tastes, sides = random.normal(0.0, 0.8, (self.people, 3)), random.normal(0.0, 0.8, (self.films, 3))
        pairs = random.permutation(self.people * self.films)[: self.people * self.films * 32 // 100]
        person, film = np.divmod(pairs, self.films)
        stars = 3 + (tastes[person] * sides[film]).sum(1) + random.normal(0.0, 0.1, len(pairs))
        # Films count on after people: one table of indices holds both.
        x = np.stack([person, self.people + film], axis=1)
        return Arrays(x, stars.astype("float32")[:, None])
