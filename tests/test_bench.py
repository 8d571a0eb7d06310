"""The arithmetic and the tables of `make bench`; the measuring itself is not tested."""

from collections import Counter

import numpy as np
import pytest

from tests.large import profile
from tests.large.bench.figures import in_turns, psnr, ratios, table
from tests.large.bench.parts import replaced, rewrite


def test_contestants_take_turns():
    order = []

    def run(name):
        order.append(name)
        return float(len(order))

    times = in_turns({name: lambda name=name: run(name) for name in ("ours", "theirs")}, 2)
    assert order == ["ours", "theirs", "ours", "theirs"]
    assert times == {"ours": [1, 3], "theirs": [2, 4]}


def test_ratios_are_of_neighbouring_runs():
    # The medians alone, 20 and 20, would say 1; every pair says otherwise.
    assert ratios([20, 40, 10], [10, 20, 40]) == (2, 0.25, 2)


def test_psnr_takes_the_range_of_what_is_expected_as_the_peak():
    expected = np.array([0.0, 10.0])
    assert psnr(expected + 1, expected) == pytest.approx(20)


def test_columns_of_a_table_are_as_wide_as_their_widest_cell():
    assert table(("a", "long"), [("bcd", "e")]).splitlines() == [
        "| a   | long |",
        "| --- | ---- |",
        "| bcd | e    |",
    ]


def test_each_command_rewrites_its_part_of_the_document_and_no_other(tmp_path):
    file = tmp_path / "performance.md"
    rewrite(file, "bench", "# Title\n\nfast")
    rewrite(file, "curves", "steep")
    rewrite(file, "bench", "# Title\n\nfaster")
    rewrite(file, "curves", "flat")
    text = "<!-- make bench -->\n\n# Title\n\nfaster\n\n<!-- make curves -->\n\nflat\n"
    assert file.read_text() == text


def test_a_document_keeps_what_stands_above_its_parts():
    document = replaced("# By hand\n\nwords\n", "bench", "fast")
    assert document == "# By hand\n\nwords\n\n<!-- make bench -->\n\nfast\n"
    assert replaced(document, "bench", "fast") == document


def test_a_profile_shows_the_longest_operations_and_the_rest_together():
    names = [f"operation {number}" for number in range(profile.NUM_ROWS + 2)]
    milliseconds = Counter(dict.fromkeys(names[2:], 2.0) | dict.fromkeys(names[:2], 1.0))
    found = profile.rows(milliseconds, Counter(dict.fromkeys(names, 3)))
    assert [row[0] for row in found] == [*(f"`{name}`" for name in names[2:]), "all others"]
    assert found[0][1:] == ("3", "2.0", "9%")
    assert found[-1][1:] == ("6", "2.0", "9%")


def test_a_profile_says_how_fast_products_are():
    milliseconds = Counter({"_MklMatMul": 3000.0, "_MklNativeFusedConv2D": 1000.0, "Softmax": 1000})
    text = profile.bound(milliseconds)
    assert "80% of it, at 402 GFLOP/s" in text  # 1607 in 4 seconds
    assert text.endswith("takes 20%.")
