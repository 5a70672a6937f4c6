"""What the viewer shows, as lines: a call, the beginning of one, the timeline, statistics."""

from collections.abc import Mapping
from typing import Any

from autoresearch.adapters.screen import Column, aligned
from autoresearch.calls.index import Entry
from autoresearch.core.text import one_line
from autoresearch.core.units import counted, format_duration
from autoresearch.views import call_sums, calls
from autoresearch.views.calls import Said
from autoresearch.views.viewer_cursor import Cursor
from autoresearch.views.viewer_pane import Line, clean, wrap

TRIALS = 200  # of a timeline, at once
FIRST = [column.title for column in call_sums.TIMELINE].index("first (UTC)")
MORE = "… (d shows all of it)"
REQUEST = 0.4  # of the room that is left below the facts, where the answer needs the rest


def status(cursor: Cursor, view: str) -> str:
    """Where one is, in which order, what is left out."""
    here = f"call {cursor.at + 1:,} of {cursor.count:,}" if cursor.count else "no calls"
    parts = [here, f"by {cursor.sort} {'↓' if cursor.descending else '↑'}"]
    if view not in ("entry", "whole"):
        parts = [view, _counted(cursor.count, "call")]
    if cursor.damaged:
        parts.append(f"{_counted(cursor.damaged, 'damaged line')} skipped")
    if told := cursor.where.told():
        parts.append(f"only {one_line(told)} ({cursor.total:,} in all)")
    return " · ".join(parts)


def nothing(cursor: Cursor) -> list[Line]:
    """Why there is no call to show."""
    if cursor.total:
        return [(f"no calls match: {cursor.where.told()}", "bold"), ("c shows all calls again", "")]
    return [("no calls yet", "bold"), ("they appear here as they are made", "")]


def whole(call: Mapping[str, Any]) -> list[Line]:
    """All that the record says: facts and context, then every text in full."""
    lines = [_fact(name, value, call["status"]) for name, value in calls.facts(call)]
    for title, text in calls.texts(call):
        lines += [("", ""), _heading(title, text), (text or "", "")]
    return lines


def beginning(entry: Entry, call: Mapping[str, Any], width: int, height: int) -> list[Line]:
    """What there is room for: the header, the beginning of the last message and that of the answer."""
    lines = header(entry)
    asked, answered = _request_and_answer(call)
    room = height - 2 - sum(len(_head(line, width, height)) for line, _ in lines)
    spare = room - len(_head(answered.text, width, room))
    request = _head(asked.text, width, max(spare, int(room * REQUEST)))
    answer = _head(answered.text, width, room - len(request))
    lines += [_heading(*asked), *((line, "") for line in request)]
    return [*lines, _heading(*answered), *((line, "") for line in answer)]


def header(entry: Entry) -> list[Line]:
    """What one looks for first in a call, a line each; what isn't known is left out."""
    spent = calls.cost(entry.cost_usd, whole=entry.cost_whole)
    tokens = calls.tokens(entry)
    known = {
        "id": entry.id,
        "time": f"{calls.when(entry.started)} UTC",
        "stage": entry.stage,
        "trial": " of ".join(filter(None, (_number(entry.trial), entry.experiment))),
        "model": entry.model or "",
        "status": ": ".join(filter(None, (entry.status, one_line(entry.error or "")))),
        "duration": " · ".join(filter(None, (_seconds(entry.seconds), _attempts(entry.attempts)))),
        "tokens": " · ".join(filter(None, (tokens, spent))),
    }
    return [_fact(name, value, entry.status) for name, value in known.items() if value]


def timeline(cursor: Cursor, width: int) -> list[Line]:
    """A row for each stage of each trial that matches, in the order that is set."""
    steps = cursor.index.timeline(cursor.where, descending=cursor.descending, most=TRIALS)
    rows = call_sums.timeline_rows(steps, several=False)
    for row in rows:
        row[FIRST] = row[FIRST][5:16]  # so that 80 columns have room for all the others
    heading, *table = aligned(call_sums.TIMELINE, rows, width)
    lines, experiment = [(heading, "bold")], ""
    for step, line in zip(steps, table, strict=True):
        if step.experiment != experiment:
            experiment = step.experiment
            lines.append((f"── {one_line(experiment)} ──", "bold"))
        lines.append((line, "red" if step.error else ""))
    if sum(step.calls for step in steps) < cursor.count:
        lines.append((f"… {TRIALS} trials; S turns the order round, r shows one", "dim"))
    return lines


def statistics(cursor: Cursor, width: int) -> list[Line]:
    """Of all calls that match, then by stage, by model, by trial."""
    stats = cursor.index.stats(cursor.where)
    several = len({experiment for experiment, _ in stats.trials}) > 1
    trials = {call_sums.trial_name(trial, several=several): one for trial, one in stats.trials.items()}
    models = {model or "(none answered)": one for model, one in stats.models.items()}
    lines = [_fact(name, value) for name, value in call_sums.facts(stats.total)]
    for title, groups in (("stage", stats.stages), ("model", models), ("trial", trials)):
        rows = [[name, *call_sums.summed(one)] for name, one in groups.items()]
        heading, *table = aligned((Column(title, flexible=True), *call_sums.SUMS), rows, width)
        lines += [("", ""), (heading, "bold"), *((line, "") for line in table)]
    if len(trials) < stats.trial_count:
        lines.append((f"… the last {len(trials):,} of {stats.trial_count:,} trials; r shows one", "dim"))
    return lines


def _request_and_answer(call: Mapping[str, Any]) -> tuple[Said, Said]:
    """The last message, and the answer; where there is none, the last one that was no use."""
    texts = calls.texts(call)
    messages = len((call.get("request") or {}).get("messages") or "1")
    answers = [said for said in texts[messages:] if said.title.startswith("answer")]
    asked = Said(f"request, {texts[messages - 1].title}", texts[messages - 1].text)
    return asked, answers[-1] if answers else Said("no answer", "")


def _fact(name: str, value: str, status: str = "") -> Line:
    return f"{name:<11} {value}", calls.STYLES.get(status, "") if name in ("status", "error") else ""


def _heading(title: str, text: str | None) -> Line:
    if text is None:
        return f"── {one_line(title)}: not in the log (logs.content is off) ──", "bold"
    size = f" · {len(text):,} characters" if text else ""
    return f"── {one_line(title)}{size} ──", "bold"


def _head(text: str | None, width: int, most: int) -> list[str]:
    """The first lines of it on the screen, at least one; the last of them says where there are more."""
    most = max(most, 1)
    start = clean((text or "")[: most * (width + 1) + 1])
    lines = [part for line in start.split("\n") for part in wrap(line, width)] if text else []
    return lines if len(lines) <= most else [*lines[: most - 1], MORE]


def _number(trial: int | None) -> str:
    return "" if trial is None else str(trial)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(seconds)


def _attempts(number: int) -> str:
    return counted(number, "attempt") if number > 1 else ""


def _counted(number: int, word: str) -> str:
    return counted(number, word).replace(str(number), f"{number:,}", 1)
