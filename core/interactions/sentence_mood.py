"""Whether a sentence of a call is positive, neutral or negative, by a small model whose error was measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import yaml_text
from core.contracts.errors import ModelError
from core.localization import message
from core.metrics.confidence_intervals import wilson
from core.requirements.text import embeddings

SENTENCES = Path(__file__).with_name("labelled_sentences.yaml")
WEIGHTS = Path(__file__).with_name("sentence_mood.json")
MOODS = ("negative", "neutral", "positive")
LEARNT, MEASURED = "learnt", "measured"
STRENGTH, FOLDS, SEED = 3.0, 5, 7


@dataclass(frozen=True)
class MoodRecord:
    """How often the model is right on sentences it never learnt from.

    Attributes
    ----------
    n_learnt, n_measured : int
    n_right, n_usual : int
        Of the measured: those it gets right, and those the most frequent mood would get right.
    recall : dict of str to float
        For each mood, the share of its sentences that are recognised.
    """

    n_learnt: int
    n_measured: int
    n_right: int
    n_usual: int
    recall: dict[str, float]

    @property
    def accuracy(self) -> float:
        """The share of sentences it gets right."""
        return self.n_right / self.n_measured

    @property
    def beats_guessing(self) -> bool:
        """Whether even the lower end of the 95 % interval is above always naming the most frequent mood."""
        low, _ = wilson(self.n_right, self.n_measured) or (0.0, 1.0)
        return low > self.n_usual / self.n_measured

    def sentence(self) -> str:
        """Say how far the moods can be trusted."""
        low, high = wilson(self.n_right, self.n_measured) or (0.0, 1.0)
        return message(
            "Of {n_measured} sentences it had not learnt from, the mood of {accuracy:.0%} was "
            "recognised (range {low:.0%} to {high:.0%}); always saying the most frequent one is "
            "right in {n_usual:.0%}. The sentences are ours, in English: yours may be harder.",
            n_measured=self.n_measured,
            accuracy=self.accuracy,
            low=low,
            high=high,
            n_usual=self.n_usual / self.n_measured,
        )


@dataclass(frozen=True)
class MoodModel:
    """Multinomial logistic regression on sentence vectors.

    Attributes
    ----------
    coefficients : array of float64, [3, 384]
        One row for each of `MOODS`.
    intercepts : array of float64, [3]
    record : MoodRecord
    """

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    record: MoodRecord

    def moods(self, vectors: Any) -> list[str]:
        """Return the likeliest mood of each vector."""
        scores = np.asarray(vectors, np.float64) @ self.coefficients.T + self.intercepts
        return [MOODS[number] for number in scores.argmax(axis=1)]


def labelled(part: str) -> tuple[list[str], list[str]]:
    """Return the sentences of a part, "learnt" or "measured", and the mood of each."""
    moods = yaml_text.parsed(SENTENCES.read_text(encoding="utf-8"))[part]
    pairs = [(sentence, mood) for mood in MOODS for sentence in moods[mood]]
    return [sentence for sentence, _ in pairs], [mood for _, mood in pairs]


def learn() -> MoodModel:
    """Learn from the labelled sentences, and measure the error on those kept apart.

    Raises
    ------
    ModelError
        When the sentence vectors are not installed.
    """
    from sklearn.linear_model import LogisticRegression

    encoder = embeddings.encoder()
    if encoder is None:
        raise ModelError("The sentence vectors are not installed.", mend=embeddings.how_to_install())
    texts, moods = labelled(LEARNT)
    apart, truth = labelled(MEASURED)
    fitted = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(encoder.encode(texts), moods)
    guesses = fitted.predict(encoder.encode(apart))
    right = np.asarray(guesses) == np.asarray(truth)
    recall = {mood: float(right[np.asarray(truth) == mood].mean()) for mood in MOODS}
    usual = max(truth.count(mood) for mood in MOODS)
    record = MoodRecord(len(texts), len(apart), int(right.sum()), usual, recall)
    return MoodModel(fitted.coef_.astype(np.float64), fitted.intercept_.astype(np.float64), record)


def written(model: MoodModel) -> str:
    """Return a model as the text that ships."""
    values = {
        "coefficients": np.round(model.coefficients, 5).tolist(),
        "intercepts": np.round(model.intercepts, 5).tolist(),
        "record": vars(model.record),
    }
    return json.dumps(values) + "\n"


@cache
def shipped() -> MoodModel:
    """Return the model that ships, with its record."""
    values = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    record = MoodRecord(**values["record"])
    return MoodModel(np.asarray(values["coefficients"]), np.asarray(values["intercepts"]), record)


def is_there() -> bool:
    """Say whether moods can be told: the sentence vectors are installed, and the model beats guessing."""
    return embeddings.folder() is not None and shipped().record.beats_guessing


def counts(texts: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return how many sentences of each text are positive and negative; zeros where moods cannot be told.

    Parameters
    ----------
    texts : sequence of sequences of str
        The sentences of each text.
    """
    encoder = embeddings.encoder() if is_there() else None
    different = sorted({sentence for text in texts for sentence in text})
    if encoder is None or not different:
        return [(0, 0)] * len(texts)
    moods = dict(zip(different, shipped().moods(encoder.encode(different)), strict=True))
    own = [[moods[sentence] for sentence in text] for text in texts]
    return [(part.count("positive"), part.count("negative")) for part in own]
