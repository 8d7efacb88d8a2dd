"""The embedding probe beside scikit-learn and torch."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from dllab.layers.analysing import UNSEEN
from dllab.probes import DoesNotApply
from dllab.probes.embedding import embedding, layer_rows, principal, sample_losses
from dllab.templates import load_template
from dllab.training.clusters import following
from dllab.training.features import layer_outputs
from dllab.training.session import Session


def trained(template: str, steps: int = 30) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(steps):
        session.advance()
    return session


def test_the_clusters_are_those_of_the_canvas_where_a_clustering_follows_the_layer() -> None:
    session = trained("cluster-digits-cnn")
    shared = following(session)
    (made,) = shared.now().made
    where = dict(zip(shared.now().seen.index.tolist(), made.fit.labels.tolist(), strict=True))
    index = session.prepared.validation.index
    expected = [where.get(int(place), UNSEEN) for place in index[:500]]
    assert UNSEEN in expected
    for node in ("flatten", "max_pool_2"):
        found = embedding(session, {"node": node, "clusters": 10})
        assert found.labels["clustering"] == made.node
        assert found.arrays["cluster"].tolist() == expected
    assert following(session) is shared
    own = embedding(session, {"node": "linear", "clusters": 10})
    assert "clustering" not in own.labels
    assert own.arrays["cluster"].min() == 0
    assert "cluster" not in embedding(session, {"node": "flatten"}).arrays


@pytest.mark.parametrize("shape", [(40, 7), (30, 200), (25, 25), (12, 2)])
def test_main_directions_are_those_of_scikit_learn_up_to_sign(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(0).normal(size=shape) @ np.diag(np.linspace(3, 1, shape[1])) + 5
    ours, theirs = principal(rows), PCA(2, svd_solver="full").fit(rows)
    expected = theirs.transform(rows)
    signs = np.sign((ours.points * expected).sum(0))
    assert ours.points * signs == pytest.approx(expected, abs=1e-9)
    assert ours.shares == pytest.approx(theirs.explained_variance_ratio_)


def test_one_number_and_no_spread_have_a_place_too() -> None:
    line = principal(np.arange(5.0)[:, None])
    assert np.abs(line.points[:, 0]).tolist() == [2, 1, 0, 1, 2]
    assert not line.points[:, 1].any()
    assert line.shares == (1.0, 0.0)
    assert not principal(np.ones((4, 3))).points.any()


def test_the_probe_sees_what_the_layer_puts_out_and_what_the_network_says() -> None:
    session = trained("digits-cnn")
    found = embedding(session, {"node": "linear", "clusters": 10})
    rows = layer_outputs(session, session.prepared.validation.x, ["linear"])["linear"]
    expected = PCA(2, svd_solver="full").fit_transform(rows.astype(np.float64))
    signs = np.sign((found.arrays["points"] * expected).sum(0))
    assert found.arrays["points"] * signs == pytest.approx(expected, abs=1e-4)
    x, targets, labels = session.validation
    outputs = session.predict(x)
    assert found.arrays["says"].tolist() == outputs.argmax(1).tolist()
    assert found.arrays["true"].tolist() == labels.tolist()
    each = torch.nn.functional.cross_entropy(outputs, targets, reduction="none")
    assert found.arrays["loss"] == pytest.approx(each.numpy(), rel=1e-4, abs=1e-6)
    theirs = KMeans(10, n_init=1, random_state=session.experiment.seed).fit_predict(rows.astype(np.float64))
    assert adjusted_rand_score(theirs, found.arrays["cluster"]) == 1.0
    # Numbered by the class they hold most of: else the same numbers would agree with a tenth of the samples.
    assert (found.arrays["cluster"] == found.arrays["true"]).mean() > 0.5


@pytest.mark.parametrize("template", ["diabetes-linear", "breast-cancer-logistic", "char-lm"])
def test_the_loss_of_each_sample_has_their_mean_as_the_loss_of_all(template: str) -> None:
    session = trained(template, 3)
    x, targets, _labels = session.validation
    outputs = session.predict(x)
    assert sample_losses(session, outputs, targets).mean() == pytest.approx(float(session.loss(outputs, targets)), 1e-4)


def test_numbers_to_predict_are_in_their_own_units() -> None:
    session = trained("diabetes-linear")
    found = embedding(session, {"node": "input"})
    assert found.arrays["true"] == pytest.approx(session.prepared.validation.y[:, 0])


def test_what_has_no_place_is_said() -> None:
    session = trained("text-gru", 1)
    with pytest.raises(DoesNotApply, match="Embedding layer"):
        layer_rows(session, {"node": "input"})
    with pytest.raises(DoesNotApply, match="not part"):
        layer_rows(session, {"node": "nowhere"})


def test_looking_changes_nothing_about_the_run() -> None:
    def losses(looking: bool) -> list[float]:
        session, found = Session(load_template("digits-cnn"), "cpu"), []
        for _step in range(5):
            if looking:
                embedding(session, {"node": "linear", "clusters": 10})
            found.append(session.advance().loss)
        return found

    assert losses(True) == losses(False)
