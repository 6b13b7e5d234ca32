"""Rows kept by name."""

import numpy as np

from core.artifacts.named_rows import RowTable


def test_rows_another_process_added_meanwhile_change_nothing():
    table = RowTable(("a", "b"), np.ones((2, 3), np.float32))
    assert table.extended({"a": np.zeros(3, np.float32)}, 10) is table


def test_the_oldest_rows_go_first():
    table = RowTable(("a", "b"), np.array([[1.0], [2.0]], np.float32)).extended({"c": np.array([3.0], np.float32)}, 2)
    assert table.names == ("b", "c")
    assert table.rows.ravel().tolist() == [2.0, 3.0]
