"""SHAP interaction values of LightGBM trees, by `shap.TreeExplainer`.

TreeExplainer's own reader of LightGBM takes a split on categories for one on their codes. The trees are therefore
handed to it as arrays, in which such a split is written as a chain of thresholds on the codes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NO_CHILD = -1
HALF = 0.5


def shap_module() -> Any:
    """Return `shap`, imported when it is first needed: it takes seconds, for it compiles with numba."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says of other libraries while it is imported
        import shap
    return shap


def interaction_values(booster: Any, rows: Floats) -> Floats:
    """Return how much every two features add to each row's log odds beyond what each adds alone.

    Parameters
    ----------
    booster : lightgbm.Booster
        With one score for each row.
    rows : array of shape (n, features)
        The model's input; NaN is missing.

    Returns
    -------
    array of shape (n, features, features)
        Symmetric, in log odds; a pair's interaction is the sum of its two entries. A row's entries of one feature
        sum to the feature's TreeSHAP value.

    Notes
    -----
    Path-dependent TreeSHAP, which weighs the branches of a feature left out by the training rows in them. A tree
    whose leaf is divided among copies by shares that sum to one has the same values, for they are linear in each
    feature's share. Source: Lundberg and others 2020.
    """
    shap = shap_module()
    trees = [_arrays(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    ensemble = {
        "trees": trees,
        "internal_dtype": np.float64,
        "input_dtype": np.float64,
        "objective": "binary_crossentropy",
        "tree_output": "log_odds",
        "base_offset": 0.0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.TreeExplainer(ensemble, feature_perturbation="tree_path_dependent")
        values = explainer.shap_interaction_values(np.ascontiguousarray(rows, dtype=np.float64))
    return np.asarray(values, dtype=np.float64).reshape(len(rows), rows.shape[1], rows.shape[1])


def _arrays(root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree of a LightGBM dump as the arrays that shap builds one from."""
    nodes: list[list[float]] = []  # left, right, where missing goes, feature, threshold, value, training rows
    _add(nodes, root, 1.0)
    columns = np.array(nodes, dtype=np.float64).T
    names = ("children_left", "children_right", "children_default", "features")
    return {
        **{name: columns[k].astype(np.int32) for k, name in enumerate(names)},
        "thresholds": columns[4],
        "values": columns[5].reshape(-1, 1),
        "node_sample_weight": columns[6],
    }


def _add(nodes: list[list[float]], node: Mapping[str, Any], share: float) -> int:
    """Add a node and all below it, with a share of its training rows, and return its number."""
    if "leaf_value" in node:
        rows = float(node.get("leaf_count", 1)) * share
        nodes.append([NO_CHILD, NO_CHILD, NO_CHILD, NO_CHILD, 0.0, float(node["leaf_value"]), rows])
        return len(nodes) - 1
    if node["decision_type"] == "==":
        return _chain(nodes, node, share)
    number, threshold = len(nodes), float(node["threshold"])
    nodes.append([0, 0, 0, node["split_feature"], threshold, 0.0, node["internal_count"] * share])
    left, right = _add(nodes, node["left_child"], share), _add(nodes, node["right_child"], share)
    is_left = node["default_left"] if node["missing_type"] != "None" else threshold >= 0  # there missing counts as 0
    nodes[number][:3] = [left, right, left if is_left else right]
    return number


def _chain(nodes: list[list[float]], node: Mapping[str, Any], share: float) -> int:
    """Add a split on categories: those of the left child lie in runs of codes; all else, and missing, goes right."""
    runs = _runs(sorted(int(code) for code in str(node["threshold"]).split("||")))
    inside, outside = node["left_child"], node["right_child"]
    edges = [edge for first, last in runs for edge in (first - HALF, last + HALF)]
    kinds = [outside, *(child for _ in runs for child in (inside, outside))]
    shares = [share / (len(runs) if child is inside else len(runs) + 1) for child in kinds]
    weights = [_count(child) * part for child, part in zip(kinds, shares, strict=True)]
    first = previous = len(nodes)
    for k, edge in enumerate(edges):
        number = len(nodes)
        nodes.append([0, 0, 0, node["split_feature"], edge, 0.0, sum(weights[k:])])
        if k:
            nodes[previous][1] = number
        left = _add(nodes, kinds[k], shares[k])
        nodes[number][0] = nodes[number][2] = left
        previous = number
    nodes[previous][1] = _add(nodes, kinds[-1], shares[-1])
    return first


def _runs(codes: list[int]) -> list[tuple[int, int]]:
    """Return codes in rising order as runs without a gap: first and last of each."""
    runs: list[tuple[int, int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], code
        else:
            runs.append((code, code))
    return runs


def _count(node: Mapping[str, Any]) -> float:
    return float(node["internal_count"] if "internal_count" in node else node.get("leaf_count", 1))
