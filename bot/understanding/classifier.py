"""Linear classifiers with calibrated probabilities, saved as plain arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

SEED = 7
FOLDS = 3
STRENGTH = 16.0  # inverse regularisation, chosen on dev
TOLERANCE = 1e-3
LEAST_HELD = 10  # examples of a label below which held-out messages cannot calibrate it


class Held(NamedTuple):
    """Messages of other hands, kept out of training: probabilities and thresholds are set on them."""

    x: sparse.csr_matrix
    y: np.ndarray


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))


def logistic(strength: float = STRENGTH) -> Any:
    """The learner of one label."""
    return LogisticRegression(C=strength, solver="liblinear", class_weight="balanced", tol=TOLERANCE, random_state=SEED)


class _Fitted(NamedTuple):
    """One label: weights, bias, Platt slope and offset, threshold."""

    weights: np.ndarray
    bias: float
    slope: float
    offset: float
    threshold: float


def _by_folds(x: sparse.csr_matrix, target: np.ndarray, learner: Any, beta: float) -> _Fitted:
    models, scores = [], np.zeros(len(target))
    for train, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(x, target):
        models.append(clone(learner).fit(x[train], target[train]))
        scores[rest] = models[-1].decision_function(x[rest])
    # The mean of the fold models is the model: as good as one fitted on all, and a fit less.
    weights = np.mean([model.coef_[0] for model in models], axis=0)
    return _Fitted(weights, float(np.mean([model.intercept_[0] for model in models])), *_platt(scores, target, beta))


def _on_all(x: sparse.csr_matrix, target: np.ndarray, learner: Any) -> _Fitted:
    model = clone(learner).fit(x, target)
    return _Fitted(model.coef_[0], float(model.intercept_[0]), 1.0, 0.0, 0.5)


def _platt(scores: np.ndarray, truth: np.ndarray, beta: float) -> tuple[float, float, float]:
    """Slope and offset that make probabilities of scores, and the threshold."""
    model = LogisticRegression(C=1e3).fit(scores[:, None], truth)
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    return slope, offset, best_threshold(_sigmoid(scores * slope + offset), truth, beta)


class LinearClassifier:
    """One yes/no question per label, answered with a calibrated probability (Platt)."""

    def __init__(self, labels: Sequence[str], weights: np.ndarray, bias: np.ndarray,
                 slope: np.ndarray, offset: np.ndarray, thresholds: np.ndarray) -> None:  # fmt: skip
        self.labels = list(labels)
        self._weights, self._bias = weights, bias
        self._slope, self._offset = slope, offset
        self.thresholds = thresholds

    @classmethod
    def fit(cls, x: sparse.csr_matrix, y: np.ndarray, labels: Sequence[str], beta: Sequence[float] | None = None,
            held: Held | None = None, learner: Any = None) -> LinearClassifier:  # fmt: skip
        """Learn ``labels`` (columns of the 0/1 matrix ``y``). ``beta`` per label > 1 sets its threshold for recall.

        Without ``held`` messages, folds of the training messages calibrate: they were written by the same
        hands, so that probabilities come out too sure. ``learner`` is any linear one of scikit-learn.
        """
        betas = list(beta) if beta else [1.0] * len(labels)
        learner = learner or logistic()
        enough = np.zeros(len(labels)) if held is None else held.y.sum(axis=0)
        # liblinear lets go of Python's lock, so threads use all cores without copying the matrix.
        fitted = Parallel(n_jobs=-1, prefer="threads")(
            delayed(_on_all)(x, y[:, k], learner)
            if enough[k] >= LEAST_HELD
            else delayed(_by_folds)(x, y[:, k], learner, betas[k])
            for k in range(len(labels))
        )
        weights, bias, slope, offset, thresholds = (np.array(column) for column in zip(*fitted))
        model = cls(labels, weights.astype(np.float32), bias, slope, offset, thresholds)
        return model if held is None else model.calibrated(held, betas)

    def calibrated(self, held: Held, beta: Sequence[float] | None = None) -> LinearClassifier:
        """The same weights with probabilities and thresholds set on ``held``, where it has enough examples."""
        scores = self._scores(held.x)
        slope, offset, thresholds = self._slope.copy(), self._offset.copy(), self.thresholds.copy()
        for k in range(len(self.labels)):
            if held.y[:, k].sum() >= LEAST_HELD:
                slope[k], offset[k], thresholds[k] = _platt(scores[:, k], held.y[:, k], beta[k] if beta else 1.0)
        return LinearClassifier(self.labels, self._weights, self._bias, slope, offset, thresholds)

    def with_threshold(self, label: str, threshold: float) -> LinearClassifier:
        """The same classifier with another threshold for ``label``."""
        thresholds = self.thresholds.copy()
        thresholds[self.labels.index(label)] = threshold
        return LinearClassifier(self.labels, self._weights, self._bias, self._slope, self._offset, thresholds)

    def probabilities(self, x: sparse.csr_matrix) -> np.ndarray:
        """Calibrated probability of each label (columns) for each row."""
        return _sigmoid(self._scores(x) * self._slope + self._offset)

    def _scores(self, x: sparse.csr_matrix) -> np.ndarray:
        return np.asarray(x @ self._weights.T) + self._bias

    def save(self, folder: Path, name: str) -> None:
        """Write as ``name.json`` and ``name.npz``."""
        (folder / f"{name}.json").write_text(json.dumps(self.labels), encoding="utf-8")
        np.savez(folder / f"{name}.npz", weights=self._weights, bias=self._bias, slope=self._slope,
                 offset=self._offset, thresholds=self.thresholds)  # fmt: skip

    @classmethod
    def load(cls, folder: Path, name: str) -> LinearClassifier:
        """Read what :meth:`save` wrote."""
        labels: list[str] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            return cls(labels, *(arrays[key] for key in ("weights", "bias", "slope", "offset", "thresholds")))


def best_threshold(probability: np.ndarray, target: np.ndarray, beta: float) -> float:
    """The probability from which a yes gives the best F-beta on held-out messages."""
    order = np.argsort(-probability)
    hits = np.cumsum(target[order])
    chosen = np.arange(1, len(order) + 1)
    precision, recall = hits / chosen, hits / max(1, target.sum())
    score = (1 + beta**2) * precision * recall / np.maximum(1e-9, beta**2 * precision + recall)
    best = int(np.argmax(score))
    return float(np.clip(probability[order][best], 0.15, 0.7))


def recall_threshold(probability: np.ndarray, target: np.ndarray, recall: float, alarms: float) -> float:
    """The highest probability that finds ``recall`` of the held-out examples, unless more than ``alarms`` of the
    other messages (both shares from 0 to 1) would be taken along: then the lowest that does not."""
    found = np.sort(probability[target == 1])
    wanted = float(found[int(np.floor((1 - recall) * len(found)))])
    others = -np.sort(-probability[target == 0])
    bearable = np.nextafter(others[min(len(others) - 1, int(alarms * len(others)))], 1.0)
    return float(np.clip(max(wanted, bearable), 0.02, 0.7))
