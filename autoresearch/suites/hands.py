"""What people do with samples of an eval: stop some, put an answer right, take some away, and find them."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autoresearch.core.errors import AutoresearchError
from autoresearch.core.query import select
from autoresearch.core.suite import Outcome
from autoresearch.suites import evals
from autoresearch.suites.evals import Eval
from autoresearch.suites.outcomes import View, fingerprint
from autoresearch.suites.session import Session


def meant(session: Session, words: Sequence[str]) -> tuple[Eval, list[str]]:
    """The eval and the queries that words on a command line mean: the first may name an eval, `greet:3`
    names both.

    Raises AutoresearchError where there is none.
    """
    there = session.evals()
    if words and words[0] in there:
        return session.eval(words[0]), list(words[1:])
    for word in words:
        name, colon, number = word.partition(":")
        if colon and number.isdigit() and name in there:
            return session.eval(name), list(words)
    if words and there and words[0].isidentifier() and not _finds(session, there[0], words):
        session.eval(words[0])  # says that there is none of that name
    return session.eval(), list(words)


def found(session: Session, view: View, queries: Sequence[str]) -> list[Outcome]:
    """The samples that queries name. Raises AutoresearchError where that is none."""
    some = select(view.outcomes(), queries, session.listed(view.eval.name))
    if queries and not some:
        raise AutoresearchError(f"no sample of {view.eval.name} matches {' '.join(queries)}", "see: suite ls")
    return some


def stop(view: View, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Take samples out of a run, wherever it goes on: those that are not done. They can be tried again."""
    stopped = [each for each in outcomes if each.status in ("pending", "running", "error")]
    for each in stopped:
        view.records.write("cancel", view.key(each.number), {"by": _who()}, good=True)
    return stopped


def edit(view: View, each: Outcome, text: str) -> None:
    """Put an answer right by hand; what it was stays on record. Raises AutoresearchError where there is
    none."""
    answer = view.answer(each.number)
    if answer is None or answer.raw is None:
        raise AutoresearchError(f"{view.eval.name}:{each.number} has no answer to edit", "see: suite show")
    body = {"text": text, "was": fingerprint(answer.raw), "before": answer.value, "by": _who()}
    view.records.write("edit", view.key(each.number), body, good=True)


def edits(view: View, each: Outcome) -> list[str]:
    """Of each edit of an answer: when, by whom."""
    records = [one for one in view.records.of(view.key(each.number)) if one.kind == "edit"]
    return [f"{one.time} by {one.body.get('by')}" for one in records]


def asked(view: View, each: Outcome) -> list[dict[str, Any]]:
    """The messages as they were sent; where nothing was, as they would be."""
    answer = view.answer(each.number)
    whole = answer.record.whole() if answer else {}
    sent = (whole.get("request") or {}).get("messages")
    if sent is None and view.eval.suite.runner is None:
        sent = view.messages(view.case(each.number))
    return [dict(message) for message in sent or ()]


def remove(session: Session, one: Eval, numbers: Sequence[int] | None = None) -> None:
    """Take an eval away, or samples of it; their records stay in the store, and are found again when asked
    for."""
    if numbers is None:
        evals.path(session.place.folder, one.name).unlink(missing_ok=True)
        return
    gone = sorted({*one.gone, *numbers})
    evals.save(session.place.folder, replace(one, gone=tuple(gone)))


def _finds(session: Session, name: str, words: Sequence[str]) -> bool:
    view = session.view(session.eval(name))
    return bool(select(view.outcomes(), words, session.listed(name)))


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
