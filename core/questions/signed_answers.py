"""Answers that prove themselves: what was answered, from which data, code and models, signed by the installation."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core import __version__
from core.access.row_view import View
from core.artifacts import settings_text
from core.artifacts.closure import code_fingerprint
from core.contracts.errors import ContractError
from core.localization import joined, message
from core.models import evaluation
from core.questions import signing_key
from core.questions.answering import Answer, Desk, Refusal
from core.questions.topics import CUSTOMERS

FORM = "quarterdeck answer 1"
WORDS = {
    "data": "the data are others",
    "code": "Quarterdeck's code is another",
    "models": "the models were learnt anew",
    "settings": "the settings are others",
    "as_of": "the data reach to another day",
    "interactions": "other mails, meetings and calls are kept",
}
State = Literal["same", "changed", "forged", "foreign"]


@dataclass(frozen=True)
class Verdict:
    """What checking a signed answer gave.

    Attributes
    ----------
    state : {"same", "changed", "forged", "foreign"}
        "foreign" is signed well, but by another installation, whose answers cannot be worked out here.
    reasons : tuple of str
        Why it changed.
    before, after : str
        The sentence that was signed, and today's where it changed.
    """

    state: State
    reasons: tuple[str, ...] = ()
    before: str = ""
    after: str = ""

    def sentence(self) -> str:
        """Say the verdict."""
        if self.state == "forged":
            return "Forged: the file is not as it was signed."
        if self.state == "foreign":
            return message(
                "Signed by another installation, and not altered since; it cannot be worked out here. {before}",
                before=self.before,
            )
        if self.state == "same":
            return message("The same: {before}", before=self.before)
        why = joined(*self.reasons, by="; ") or "it is worked out otherwise"
        return message(
            "Changed, because {why}. It was: {before} It is: {after}", why=why, before=self.before, after=self.after
        )


def rows_hash(frame: pl.DataFrame) -> str:
    """Return a hash of rows, in their order, with the names of their columns."""
    plain = frame.select(pl.all().exclude(pl.Object))
    text = json.dumps(plain.columns) + plain.write_ndjson()
    return hashlib.sha256(text.encode()).hexdigest()


def content(answer: Answer, view: View, desk: Desk) -> dict[str, Any]:
    """Return what is signed of an answer.

    Parameters
    ----------
    answer : Answer
    view : View
        Which rows the asker saw, so that it can be worked out again for the same.
    desk : Desk
        What it was worked out from.
    """
    assert answer.data is not None
    assert answer.settings is not None
    models, record = _models(answer, desk)
    return {
        "form": FORM,
        "question": answer.question,
        "name": answer.topic.name,
        "sentence": answer.sentence,
        "value": answer.value,
        "unit": answer.unit,
        "currency": answer.currency,
        "formula": answer.formula,
        "as_of": answer.as_of.isoformat(),
        "scope": answer.scope.parameters,
        "split": answer.split,
        "n_rows": answer.frame.height,
        "rows": rows_hash(answer.frame),
        "data": answer.data.fingerprint,
        "interactions": answer.interactions,
        "settings": hashlib.sha256(repr(settings_text(answer.settings)).encode()).hexdigest(),
        "code": code_fingerprint((answer.topic.function.__module__,)),
        "version": __version__,
        "models": models,
        "record": record,
        "view": asdict(view) | {"regions": list(view.regions), "hidden": list(view.hidden)},
    }


def _models(answer: Answer, desk: Desk) -> tuple[str, str]:
    """Return the key of the models behind an answer and how good their chances were; empty where there are none."""
    if not {"bundle", "customers"} & set(inspect.signature(answer.topic.function).parameters):
        return "", ""
    assert answer.data is not None
    assert answer.settings is not None
    bundle = desk.bundle(answer.data, answer.settings)
    kind = "churn" if answer.topic.area == CUSTOMERS else "close"
    return bundle.key, desk.work(evaluation.record, answer.data, answer.settings, kind).sentence()


def view_of(body: Mapping[str, Any]) -> View:
    """Return which rows the asker of a signed answer saw.

    Raises
    ------
    ContractError
        When that is not in it.
    """
    try:
        own = body["view"]
        amounts, team = str(own["amounts"]), str(own["team"])
        return View(tuple(own["regions"]), team, bool(own["is_masked"]), tuple(own["hidden"]), amounts)
    except (KeyError, TypeError) as error:
        raise ContractError("The signed answer does not say which rows it is of.") from error


def signed(body: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return a signed answer: what was answered, the public key, and the signature over both."""
    public = signing_key.public_text(key.public_key())
    return {"answer": dict(body), "public_key": public, "signature": key.sign(_bytes(body, public)).hex()}


def _bytes(body: Mapping[str, Any], public: str) -> bytes:
    text = json.dumps([FORM, public, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def parsed(text: str | bytes) -> dict[str, Any]:
    """Return the parts of a file with a signed answer.

    Raises
    ------
    ContractError
        When it is none.
    """
    try:
        document = json.loads(text)
        parts = {name: document[name] for name in ("answer", "public_key", "signature")}
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError("The file is no signed answer.", mend="Take one as it was downloaded.") from error
    if not isinstance(parts["answer"], dict):
        raise ContractError("The file is no signed answer.", mend="Take one as it was downloaded.")
    return parts


def is_genuine(document: Mapping[str, Any]) -> bool:
    """Say whether a signed answer is as it was signed by the key it names."""
    try:
        public = str(document["public_key"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(str(document["signature"])), _bytes(document["answer"], public))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(
    document: Mapping[str, Any], own_public: str, work: Callable[[Mapping[str, Any]], dict[str, Any] | Refusal]
) -> Verdict:
    """Check a signed answer, and work it out again.

    Parameters
    ----------
    document : mapping
        As `parsed` returns it.
    own_public : str
        The public key of this installation.
    work : callable
        Returns today's content of what was answered, for the same rows, or why there is none.
    """
    if not is_genuine(document):
        return Verdict("forged")
    before = document["answer"]
    if document["public_key"] != own_public:
        return Verdict("foreign", before=before["sentence"])
    now = work(before)
    if isinstance(now, Refusal):
        return Verdict("changed", ("it cannot be answered any more",), before["sentence"], now.why)
    same = ("value", "sentence", "rows", "unit", "currency")
    if all(before[name] == now[name] for name in same):
        return Verdict("same", before=before["sentence"])
    reasons = tuple(words for name, words in WORDS.items() if before.get(name, "") != now[name])
    return Verdict("changed", reasons, before["sentence"], now["sentence"])
