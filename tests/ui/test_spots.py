"""Very many spots: which of them are drawn, and that looks are shared."""

import numpy as np
import pyqtgraph as pg
from pytestqt.qtbot import QtBot

from ui.views.picking import Picking
from ui.views.plot import Plot, pen
from ui.views.spots import Look, Spots, apart

AREA = np.array([[0.0, 0.0], [1.0, 1.0]])


def test_one_of_each_group_stays_in_each_cell_and_what_lies_alone_always() -> None:
    random = np.random.default_rng(0)
    x = 0.3 * random.random((20_000, 2))
    groups = random.integers(0, 3, 20_000)
    x[7777] = 0.95
    rows = apart(x, groups, AREA, (40, 40), 3000)
    cells = {
        (int(g), *np.floor(p * 40).astype(int)) for p, g in zip(x.tolist(), groups, strict=True) for p in [np.array(p)]
    }
    assert len(rows) == len(cells)
    assert (np.diff(rows) > 0).all()
    assert 7777 in rows
    fewer = apart(x, groups, AREA, (40, 40), 200)
    assert 50 < len(fewer) <= 200
    assert 7777 in fewer, "larger cells, no lottery"
    assert set(groups[fewer]) == {0, 1, 2}


def test_few_spots_all_stay_and_others_than_in_the_area_go() -> None:
    x = np.array([[0.5, 0.5], [0.5, 0.5], [2.0, 0.5], [0.5, -1.0]])
    assert apart(x, np.zeros(4, np.int64), AREA, (10, 10), 100).tolist() == [0, 1]


def test_more_groups_than_a_map_holds() -> None:
    x = np.repeat(np.linspace(0.05, 0.95, 500)[:, None], 2, axis=1)
    groups = np.arange(500) * 100_000
    assert apart(np.repeat(x, 4, axis=0), np.repeat(groups, 4), AREA, (200, 200), 600).tolist() == list(
        range(0, 2000, 4)
    )


def test_every_spot_is_drawn_with_its_own_look(qtbot: QtBot) -> None:
    plot, spots = Plot(), Spots()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.plotItem.addItem(spots)
    plot.show()
    looks = [Look("s", 11, pen(colour), pg.mkBrush(colour)) for colour in ("#ff0000", "#00ff00")]
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    for which in ([0, 1, 0], [1, 1, 0]):
        spots.show_spots(x, looks, np.array(which))
        plot.plotItem.vb.prepareForPaint()
        image = plot.grab().toImage()
        for place, look in zip(x, which, strict=True):
            at = plot.mapFromScene(plot.plotItem.vb.mapViewToScene(pg.Point(*place)))
            assert image.pixelColor(at).name() == looks[look].brush.color().name()
    spots.show_spots(x[:0], looks)
    assert plot.grab().toImage().pixelColor(at).name() not in ("#ff0000", "#00ff00")


def test_rings_around_very_many_are_thinned(qtbot: QtBot, lab) -> None:  # type: ignore[no-untyped-def]
    plot = Plot()
    qtbot.addWidget(plot)
    x = np.random.default_rng(0).random((50_000, 2))
    plot.plotItem.setRange(xRange=(0, 1), yRange=(0, 1))
    picking = Picking(plot, lab, lambda: (x, np.arange(len(x))))
    lab.pick(range(10))
    assert len(picking.rings.data) == 10
    assert picking.rings.looks[0].size == 14
    lab.pick(range(50_000))
    assert len(lab.picked) == 50_000
    assert 500 < len(picking.rings.data) <= 3000
    assert picking.rings.looks[0].size < 14
    lab.pick([])
    assert len(picking.rings.data) == 0
