"""The linear classifiers: thresholds that can be counted by hand, and calibration by messages of other hands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bot.understanding.classifier import Held, LinearClassifier, best_threshold, recall_threshold

# probability of ten held-out messages, and which of them carry the label
SHARES = np.array([0.95, 0.90, 0.80, 0.60, 0.50, 0.40, 0.30, 0.20, 0.10, 0.05])
TRUTH = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0])


@pytest.mark.parametrize(
    ("beta", "threshold"),
    [
        (1.0, 0.60),  # three of four found, one alarm
        (3.0, 0.30),  # all four found is worth three alarms
        (0.3, 0.70),  # sure ones only; never above 0.7, so that a clear message is always read
    ],
)
def test_the_threshold_follows_what_weighs_more(beta: float, threshold: float) -> None:
    assert best_threshold(SHARES, TRUTH, beta) == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("recall", "alarms", "threshold"),
    [
        (1.00, 0.60, 0.30),  # all four: the last stands at 0.30
        (0.75, 0.60, 0.60),  # three of four are enough
        (1.00, 0.20, 0.50),  # six others, at most one of them may come along
        (1.00, 0.00, 0.70),  # no alarm at all would need more than 0.80: the limit
    ],
)
def test_the_threshold_of_a_crisis(recall: float, alarms: float, threshold: float) -> None:
    found = recall_threshold(SHARES, TRUTH, recall, alarms)
    assert found == pytest.approx(threshold)
    others = SHARES[TRUTH == 0]
    if threshold < 0.7:
        assert (others >= found).mean() <= alarms


def separable(count: int, seed: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Two labels that two columns give away, with noise."""
    dice = np.random.default_rng(seed)
    x = dice.normal(size=(count, 4))
    return sparse.csr_matrix(x), (x[:, :2] + dice.normal(scale=0.4, size=(count, 2)) > 0.8).astype(int)


def test_probabilities_mean_what_they_say_on_other_messages() -> None:
    x, y = separable(600, 1)
    held = Held(*separable(600, 2))
    model = LinearClassifier.fit(x, y, ["a", "b"], held=held)
    judged, truth = separable(2_000, 3)
    shares = model.probabilities(judged)[:, 0]
    sure = shares > 0.8
    assert truth[sure, 0].mean() == pytest.approx(shares[sure].mean(), abs=0.08)


def test_calibration_moves_probabilities_not_their_order() -> None:
    x, y = separable(600, 1)
    model = LinearClassifier.fit(x, y, ["a", "b"])
    other_x, other_y = separable(600, 2)
    rarer = model.calibrated(Held(other_x, other_y * (np.arange(600) % 4 == 0)[:, None]))
    before, after = model.probabilities(other_x), rarer.probabilities(other_x)
    assert after.mean() < before.mean() / 2
    assert (np.argsort(before[:, 0]) == np.argsort(after[:, 0])).all()


def test_a_label_with_too_few_held_out_messages_keeps_its_folds() -> None:
    x, y = separable(600, 1)
    held_x, held_y = separable(600, 2)
    held_y[:, 1] = 0
    held_y[:5, 1] = 1
    with_held = LinearClassifier.fit(x, y, ["a", "b"], held=Held(held_x, held_y))
    folds = LinearClassifier.fit(x, y, ["a", "b"])
    assert np.allclose(with_held.probabilities(x)[:, 1], folds.probabilities(x)[:, 1])
    assert not np.allclose(with_held.probabilities(x)[:, 0], folds.probabilities(x)[:, 0])


def test_another_threshold_for_one_label() -> None:
    model = LinearClassifier.fit(*separable(200, 1), ["a", "b"])
    changed = model.with_threshold("b", 0.123)
    assert changed.thresholds[1] == 0.123 and changed.thresholds[0] == model.thresholds[0]
    assert model.thresholds[1] != 0.123


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    x, y = separable(200, 1)
    model = LinearClassifier.fit(x, y, ["a", "b"], held=Held(*separable(200, 2)))
    model.save(tmp_path, "act")
    again = LinearClassifier.load(tmp_path, "act")
    assert np.array_equal(again.probabilities(x), model.probabilities(x))
    assert np.array_equal(again.thresholds, model.thresholds) and again.labels == ["a", "b"]
