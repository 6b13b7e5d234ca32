"""Learns whether a sentence of a call is positive, neutral or negative: `python -m training.sentence_mood` ships it."""

from __future__ import annotations

from core.interactions import sentence_mood


def main() -> None:
    """Learn, say how often the model is right on sentences kept apart, and write it where it ships."""
    model = sentence_mood.learn()
    sentence_mood.WEIGHTS.write_text(sentence_mood.written(model), encoding="utf-8")
    print(model.record.sentence(), model.record.recall)


if __name__ == "__main__":
    main()
