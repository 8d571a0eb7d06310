"""The plan, the fits and the section of `make curves`; the measuring itself is not tested."""

from itertools import count

import numpy as np
import pytest

from diffusion import ModelInfo
from tests.conftest import MODEL
from tests.large.curves.document import by_count, by_side, by_steps, by_tokens, document
from tests.large.curves.figures import Cost, Figures
from tests.large.curves.fits import Power, Straight
from tests.large.curves.measure import MAX_RUNS, MIN_RUNS, repeated
from tests.large.curves.painter import prompt
from tests.large.curves.plan import CURVES, INCLUDED, all_points


@pytest.fixture
def figures():
    """Every point has other seconds."""
    seconds = count(1)
    costs = {
        point: Cost(first=9.5, others=[next(seconds)] * 3, loading_gib=0.5, peak_gib=1)
        for point in all_points()
    }
    machine, versions = {"processor": "abacus"}, {"Python": "3"}
    return Figures(date="2001-02-03", machine=machine, versions=versions, costs=costs)


def test_a_power_is_found_in_what_it_made():
    fit = Power.through([1, 2, 4, 8], [3, 12, 48, 192])
    assert (fit.factor, fit.exponent) == pytest.approx((3, 2))
    assert fit.at(np.array([3])) == pytest.approx(27)


def test_a_straight_line_is_found_in_what_it_made():
    fit = Straight.through([5, 10, 50], [2.5, 3.5, 11.5])
    assert (fit.start, fit.slope) == pytest.approx((1.5, 0.2))
    assert fit.at(np.array([20])) == pytest.approx(5.5)


def test_seconds_and_tracing_are_told_apart():
    cost = Cost(first=7, others=[1, 2, 9], loading_gib=1, peak_gib=1)
    assert (cost.seconds, cost.tracing) == (2, 5)


def test_short_runs_are_repeated_more_often_than_long_ones():
    assert repeated(lambda: 60.0) == [60] * MIN_RUNS
    assert repeated(lambda: 0.1) == [0.1] * MAX_RUNS


def test_figures_come_back_from_their_file(tmp_path, figures):
    figures.write(tmp_path / "figures.json")
    assert Figures.read(tmp_path / "figures.json") == figures


def test_a_point_that_lies_on_several_curves_is_measured_once():
    points = all_points()
    assert len(points) == len(set(points))
    for curve in CURVES:
        for series, point in curve.series.items():
            assert {point, *curve.points(series)} <= {*points}
            assert point in curve.points(series), f"{curve.name} misses what the others share"


def test_the_included_model_can_paint_every_point_of_it():
    info = ModelInfo.read(MODEL)
    for point in all_points():
        if point.model == INCLUDED:
            size = (point.side, point.side)
            recipe = info.make_recipe("", size=size, num_steps=point.num_steps, dtype=point.dtype)
            assert recipe.num_calls == point.num_steps


@pytest.mark.parametrize("num_tokens", [3, 20, 77])
def test_a_prompt_is_as_long_as_its_point_says(num_tokens):
    tokenizer = ModelInfo.read(MODEL).tokenizer
    start, *_rest, end = tokenizer.encode("")
    tokens = list(tokenizer.encode(prompt(num_tokens)))
    assert tokens[0] == start
    assert tokens.index(end) == num_tokens - 1


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (
            by_side((64, 96, 128, 192, 320), (1, 2.25, 4, 9, 25)),
            ("side^2.00", "192", "4.0 times", "of 96"),
        ),
        (by_count((1, 2, 16), (2, 3, 8)), ("16 at once", "25%")),
        (by_steps((5, 10, 50), (2.5, 3.5, 11.5)), ("a step takes 0.2 s", "all else 1.5 s")),
        (by_tokens((3, 40, 77), (2, 3, 2.5)), ("1.50 times",)),
    ],
)
def test_sentences_are_made_of_the_figures(sentence, words):
    assert all(each in sentence for each in words), sentence


def test_the_section_says_when_and_where_and_holds_every_figure(figures):
    text = document(figures)
    assert text.startswith("## How does the cost grow?\n")
    assert "2001-02-03" in text
    assert "abacus" in text
    for curve in CURVES:
        rest = text.split(f"### {curve.title}\n")[1].split("### ")[0]
        assert f"(curves/{curve.name}.svg)" in rest
        cells = [line.strip("| ").split() for line in rest.splitlines() if line.startswith("|")]
        rows = {row[0]: row for row in cells}
        for series in curve.series:
            for point in curve.points(series):
                row = rows[str(getattr(point, curve.axis))]
                assert f"{figures.costs[point].seconds:.3g}" in row
