"""The chapters of a report that say what was asked, and what came of it: every number beside its trial.

As Markdown, from the records alone; bounded, whatever the number of trials.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from autoresearch.calls.statistics import Totals
from autoresearch.core import figures
from autoresearch.core.model import Metric, Trial
from autoresearch.core.stopping import Rules
from autoresearch.core.text import one_line
from autoresearch.core.units import counted, format_duration, format_money
from autoresearch.views.live import spent
from autoresearch.views.markdown import coded, inline, quoted, table
from autoresearch.views.report_facts import Seen

KEPT = 30  # rows
GOAL = 15  # lines of it
RULES = {
    "normal": "it is better than noise explains",
    "strict": "it is better than noise explains, at odds five times as high",
    "off": "it is strictly better in one measurement",
}


def summary(seen: Seen) -> list[str]:
    """What came of it, in a few sentences."""
    if not seen.trials:
        return ["Nothing is measured yet."]
    base = seen.since[0]
    said = [*_outcome(seen, base), f"{_counts(seen)}." if seen.tried else "No idea was tried yet."]
    if earlier := len(seen.trials) - len(seen.since):
        said.append(
            f"The question changed at trial {base.number}: {counted(earlier, 'trial')} before it answered "
            "another one, and nothing here is compared with them."
        )
    return [" ".join(said)]


def _outcome(seen: Seen, base: Trial) -> list[str]:
    best, name = seen.best, inline(seen.about.metric.name)
    at_first = f"{seen.of(base)} (trial {base.number})"
    if best is None or base.metric is None:
        return [f"The baseline could not be measured (trial {base.number}: {base.reason})."]
    if not seen.improved:
        return [f"Nothing is better than the baseline, {name} {at_first}."]
    gain, sure = seen.figures.get("gain", ""), "certified" if best.certified else "claimed, not certified yet"
    way = f"{name} went from {at_first} to {seen.of(best)} (trial {best.number})"
    return [f"{way}: {gain}, where {seen.about.metric.direction} is better. The gain is {sure}."]


def _counts(seen: Seen) -> str:
    counts = Counter(trial.status for trial in seen.tried)
    told = f"{counts['keep']} kept, {counts['discard']} discarded, {counts['crash']} crashed"
    return f"{counted(len(seen.tried), 'idea')} tried: {told}"


def methodology(seen: Seen) -> list[str]:
    """What was asked, and how it was measured."""
    about = seen.about
    facts = {
        **about.terms,
        "kept when": f"{RULES.get(about.confirm, about.confirm)} (keep.confirm: {about.confirm})",
        "stops after": ", ".join(_stops(about.rules)),
        "sandbox": ", ".join(dict.fromkeys(trial.sandbox for trial in seen.since if trial.sandbox)),
        "ideas by": ", ".join(_proposers(seen.tried)),
        "models": ", ".join(f"{stage}: {model}" for stage, model in about.models.items() if model),
        "versions": _versions(seen.since),
        "base commit": f"`{about.base}`" if about.base else "",
        "records": f"`git log --first-parent refs/autoresearch/{about.name}`",
    }
    goal = [quoted(about.goal, GOAL), ""] if about.goal.strip() else []
    return [*goal, *(f"- {name}: {coded(value, 500)}" for name, value in facts.items() if value)]


def results(seen: Seen) -> list[str]:
    """The picture, what was kept, and how sure the gain is."""
    if not seen.trials:
        return ["None yet."]
    kept, shown = [trial for trial in seen.since if trial.status == "keep"], kept_shown(seen)
    metric = seen.about.metric
    unit = f" ({metric.unit})" if metric.unit else ""
    titles = [
        "trial", f"{metric.name}{unit}", "samples", "95 % interval", "on its parent", "on the baseline",
        "commit", "idea",
    ]  # fmt: skip
    numbers = (*[True] * 6, False, False)
    rows = table(titles, numbers, [_kept(trial, seen) for trial in shown]) if shown else ["Nothing was kept."]
    lines = ["![progress](progress.svg)", "", *rows]
    if left := len(kept) - len(shown):
        all_of_them = f"`autoresearch dashboard {seen.about.name}`"
        lines += ["", f"{left:,} kept trials after the first row are left out: {all_of_them}."]
    return [*lines, *(["", certainty(seen)] if seen.improved else [])]


def kept_shown(seen: Seen) -> list[Trial]:
    """Those of the table: the baseline and the newest."""
    kept = [trial for trial in seen.since if trial.status == "keep"]
    return kept if len(kept) <= KEPT else [kept[0], *kept[1 - KEPT :]]


def certainty(seen: Seen) -> str:
    """Is the gain certified?"""
    best = seen.best
    if best is not None and best.certified:
        return f"The total gain is certified: {inline(seen.figures['certified'])}, in trial {best.number}."
    return (
        f"The total gain of {seen.figures.get('gain', '')} is claimed only: it comes from the measurements "
        "that led to the keep. To have it measured anew, with its interval: "
        f"`autoresearch certify {seen.about.name}`."
    )


def conclusions(seen: Seen) -> list[str]:
    """What to do with what was found."""
    name, taken = seen.about.name, seen.taken
    early = [trial for trial in taken if trial.number < seen.since[0].number]
    if not taken:
        return ["Nothing was found that is better than the baseline; there is nothing to take over."]
    last = taken[-1]
    what = "What is best" if seen.improved else "Nothing is better than the baseline. What was kept before it"
    told = (
        f"{what} (trial {last.number}, commit `{(last.commit or '')[:12]}`) is where the branch "
        f"`autoresearch/{name}` points. To have it on a branch of yours: `autoresearch apply {name}`."
    )
    older = f" That takes what was kept before the question changed, too: {counted(len(early), 'change')}."
    return [f"{told}{older if early and seen.improved else ''}"]


def cost(seen: Seen) -> list[str]:
    """Dollars, tokens, hours; by stage where that is known."""
    seconds = sum(trial.seconds for trial in seen.trials)
    measured = sum(trial.seconds > 0 for trial in seen.trials)
    lines = [f"Measured for {format_duration(seconds)}, in {counted(measured, 'trial')}."] if seconds else []
    calls = seen.about.calls
    if calls:
        rows = [
            [stage, f"{each.calls:,}", f"{each.tokens or 0:,}", _dollars(each)]
            for stage, each in calls.items()
        ]
        total = [
            f"{sum(getattr(each, name) or 0 for each in calls.values()):,}" for name in ("calls", "tokens")
        ]
        rows.append(["all", *total, _all_dollars(list(calls.values()))])
        return [*lines, "", *table(("stage", "calls", "tokens", "cost"), (False, True, True, True), rows)]
    models = spent(seen.trials)
    return [*lines, f"Calls to models: {models}." if models else "No model was asked."]


def _kept(trial: Trial, seen: Seen) -> list[str]:
    """A row of the table; the unit stands in its heading."""
    bare = Metric(seen.about.metric.name, seen.about.metric.direction)
    first = trial.reason == "baseline"
    return [
        str(trial.number), figures.value(trial.metric, bare), f"{len(trial.samples) or ''}",
        figures.interval(trial.samples, bare), figures.on_parent(trial, seen.trials, seen.about.metric),
        "" if first else figures.difference(trial.metric, seen.since[0].metric, seen.about.metric),
        (trial.commit or "")[:12], "baseline" if first else one_line(trial.description, 120),
    ]  # fmt: skip


def _stops(rules: Rules) -> Iterator[str]:
    words = {
        "trials": "{} trials", "hours": "{:g} hours", "cost": "${:.2f}", "target": "a metric of {:g}",
        "patience": "{} trials without a gain", "crashes": "{} crashes in a row",
    }  # fmt: skip
    for name, told in words.items():
        if (most := getattr(rules, name)) is not None:
            yield told.format(most)


def _proposers(tried: Sequence[Trial]) -> Iterator[str]:
    counts = Counter(" ".join(filter(None, (trial.proposer, trial.model))) for trial in tried)
    for who, count in counts.most_common(5):
        if who:
            yield f"{who} ({counted(count, 'trial')})"


def _versions(trials: Sequence[Trial]) -> str:
    newest = next((trial.versions for trial in reversed(trials) if trial.versions), {})
    return ", ".join(f"{name} {version}" for name, version in newest.items())


def _dollars(totals: Totals) -> str:
    return _all_dollars([totals])


def _all_dollars(calls: Sequence[Totals]) -> str:
    """What is known of it: what nobody knows is not counted as nothing."""
    known = [each.cost_usd for each in calls if each.cost_usd is not None]
    whole = all(each.cost_whole for each in calls)
    return f"{'' if whole else 'at least '}{format_money(sum(known))}" if known else "not known"
