"""Linear classifiers with calibrated probabilities, saved as plain arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

SEED = 7
FOLDS = 3
STRENGTH = 16.0  # inverse regularisation, chosen on dev
TOLERANCE = 1e-3


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))


def _fit_one(x: sparse.csr_matrix, y: np.ndarray, strength: float) -> LogisticRegression:
    model = LogisticRegression(
        C=strength, solver="liblinear", class_weight="balanced", tol=TOLERANCE, random_state=SEED
    )
    return model.fit(x, y)


def _fit_label(
    x: sparse.csr_matrix, target: np.ndarray, strength: float, beta: float
) -> tuple[np.ndarray, float, float, float, float]:
    """Weights, bias, Platt slope and offset, threshold for one label."""
    held_out = np.zeros(len(target))
    models = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(x, target):
        models.append(_fit_one(x[train], target[train], strength))
        held_out[test] = models[-1].decision_function(x[test])
    platt = LogisticRegression(C=1e3).fit(held_out[:, None], target)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    threshold = _best_threshold(_sigmoid(held_out * slope + offset), target, beta)
    # The mean of the fold models is the model: as good as one fitted on all, and a fit less.
    weights = np.mean([model.coef_[0] for model in models], axis=0)
    bias = float(np.mean([model.intercept_[0] for model in models]))
    return weights, bias, slope, offset, threshold


class LinearClassifier:
    """One yes/no question per label. Probabilities are calibrated on held-out folds (Platt)."""

    def __init__(self, labels: Sequence[str], weights: np.ndarray, bias: np.ndarray,
                 slope: np.ndarray, offset: np.ndarray, thresholds: np.ndarray) -> None:  # fmt: skip
        self.labels = list(labels)
        self._weights, self._bias = weights, bias
        self._slope, self._offset = slope, offset
        self.thresholds = thresholds

    @classmethod
    def fit(cls, x: sparse.csr_matrix, y: np.ndarray, labels: Sequence[str], strength: float = STRENGTH,
            beta: Sequence[float] | None = None) -> LinearClassifier:  # fmt: skip
        """Learn ``labels`` (columns of the 0/1 matrix ``y``). ``beta`` per label > 1 sets its threshold for recall."""
        betas = list(beta) if beta else [1.0] * len(labels)
        # liblinear lets go of Python's lock, so threads use all cores without copying the matrix.
        fitted = Parallel(n_jobs=-1, prefer="threads")(
            delayed(_fit_label)(x, y[:, k], strength, betas[k]) for k in range(len(labels))
        )
        weights, bias, slope, offset, thresholds = (np.array(column) for column in zip(*fitted))
        return cls(labels, weights.astype(np.float32), bias, slope, offset, thresholds)

    def probabilities(self, x: sparse.csr_matrix) -> np.ndarray:
        """Calibrated probability of each label (columns) for each row."""
        scores = np.asarray(x @ self._weights.T) + self._bias
        return _sigmoid(scores * self._slope + self._offset)

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


def _best_threshold(probability: np.ndarray, target: np.ndarray, beta: float) -> float:
    """The probability from which a yes gives the best F-beta on held-out messages."""
    order = np.argsort(-probability)
    hits = np.cumsum(target[order])
    chosen = np.arange(1, len(order) + 1)
    precision, recall = hits / chosen, hits / max(1, target.sum())
    score = (1 + beta**2) * precision * recall / np.maximum(1e-9, beta**2 * precision + recall)
    best = int(np.argmax(score))
    return float(np.clip(probability[order][best], 0.15, 0.7))
