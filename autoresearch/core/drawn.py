"""The pages of the lab notebook as text: plan, tasks, findings, and an entry of the log for each trial.

All of it follows from the trials and the notes; where no model wrote anything, from the trials alone.
"""

import re
from collections.abc import Mapping, Sequence

from autoresearch.core.key_findings import KeyFinding, from_trials, held_against
from autoresearch.core.model import NOT_IDEAS, Metric, Trial, current, incumbent, parked, tried
from autoresearch.core.notes import Notes
from autoresearch.core.stage_replies import AnalysisReply
from autoresearch.core.stopping import Rules, ideas
from autoresearch.core.tasks import Task
from autoresearch.core.text import harmless, inert, one_line
from autoresearch.core.units import counted, format_change, format_duration, format_money, format_number

PLAN_ENDS = "<!-- the plan ends here; below it stands where it is from -->"
LOG_BEGINS = "# Experiment log\n"
_FROM = re.compile(r"\*(Made|Revised) before trial \d+|\*Trial \d+: ")
_ENTRY = re.compile(r"^## Trial (\d+): (?:keep|discard|crash) \(", re.MULTILINE)
NO_PLAN = "No model made a plan: write one in place of all this, or a word of yours below."
ENDS = ("experiment_complete", "early_exit_required")
FOR_YOU = ("look at", "certify")
SUMMARY = 12  # lines of a log's summary in an entry


def plan(notes: Notes, goal: str, terms: Mapping[str, str], ideas_by: str) -> str:
    """PLAN.md: the plan, and below it where it is from; without one, what is known all the same."""
    if notes.plan is None:
        rules = "\n".join(f"- {name}: {value}" for name, value in terms.items())
        aim = re.sub("^#", "##", goal.strip() or "Improve the metric.", flags=re.MULTILINE)
        told = f"# Plan\n\n{aim}\n\n## How it is judged\n\n{rules}\n"
        return f"{told}\n## How\n\n{ideas_by} {NO_PLAN}\n\n{PLAN_ENDS}\n"
    made = notes.plan
    by = "you, by hand" if made.edited else made.by
    lines = [f"Made before trial {made.made} by {by}."]
    lines += [f"Revised before trial {count}: {one_line(why, 500)}" for count, why in notes.revisions]
    if (found := notes.analysis) and (flags := [flag for flag in found.flags if flag in ENDS]):
        lines += [f"Trial {found.trial}: {flags[0].replace('_', ' ')}, says {found.by}: {found.reason}"]
    heading = "" if made.text.lstrip().startswith("#") else "# Plan\n\n"
    return (
        f"{heading}{made.text.strip()}\n\n{PLAN_ENDS}\n\n" + "\n".join(f"*{line}*  " for line in lines) + "\n"
    )


def plan_in(page: str) -> tuple[str, str]:
    """The plan that stands in a PLAN.md, whoever wrote it, and what stands below it."""
    plan, mark, below = page.partition(PLAN_ENDS)
    if mark:
        return plan.strip(), below
    return "\n".join(line for line in page.splitlines() if not _FROM.match(line)).strip(), ""


def tasks_of(notes: Notes, trials: Sequence[Trial], rules: Rules) -> list[Task]:
    """The task list, with what follows from the trials: all of that where nobody made a list, else what a
    person is to do."""
    own = list(notes.tasks)
    ends = _open_ends(trials, rules)
    return [*own, *(task for task in ends if not own or (task.open and task.description.startswith(FOR_YOU)))]


def tasks(listed: Sequence[Task], odd: Sequence[str] = ()) -> str:
    """TASKS.md."""
    lines = ["# Tasks", ""]
    for status in ("in_progress", "pending", "blocked", "completed"):
        of_status = [task for task in listed if task.status == status]
        if of_status:
            lines += [f"## {status.replace('_', ' ').capitalize()} ({len(of_status)})", ""]
            lines += [*map(task_line, of_status), ""]
    if not listed:
        lines += ["None yet.", ""]
    return "\n".join([*lines, *map(inert, odd)]).rstrip() + "\n"


def task_line(task: Task) -> str:
    """`- [ ] **T3** (high) profile the parser; after T1; notes`."""
    box = "x" if not task.open else " "
    after = f"; after {', '.join(task.depends_on)}" if task.depends_on else ""
    notes = f": {task.notes}" if task.notes else ""
    return inert(f"- [{box}] **{task.id}** ({task.priority}) {task.description}{after}{notes}")


def findings_of(notes: Notes, trials: Sequence[Trial], metric: Metric) -> list[KeyFinding]:
    """The findings; where no model made any, what follows from the trials."""
    if notes.findings:
        return held_against(notes.findings, trials, metric)
    return from_trials(trials, metric)


def findings(found: Sequence[KeyFinding], metric: Metric, trials: Sequence[Trial]) -> str:
    """KEY_FINDINGS.md: those that stand, the newest first, then those that were withdrawn, and why."""
    first = current(trials)[0].number if trials else 0
    standing = [one for one in found if not one.withdrawn]
    lines = ["# Key findings", "", _so_far(trials, metric), ""]
    lines += [finding_line(one, first) for one in reversed(standing)] or ["None yet."]
    if withdrawn := [one for one in found if one.withdrawn]:
        lines += ["", "## Withdrawn", ""]
        lines += [
            f"{finding_line(one, first)} Withdrawn: {inert(one.withdrawn)}." for one in reversed(withdrawn)
        ]
    return "\n".join(lines) + "\n"


def finding_line(finding: KeyFinding, first: int = 0) -> str:
    """`- **F3** the parser is the bottleneck (trials 3, 7).`; `first` is the trial at which the question last
    changed."""
    text = one_line(finding.text, 500).rstrip(".")
    cited = ", ".join(map(str, finding.trials))
    word = "trial" if len(finding.trials) == 1 else "trials"
    old = ", of an earlier question" if finding.trials and max(finding.trials) < first else ""
    return inert(f"- **{finding.id}** {text} ({word} {cited}{old}).")


def entry(trial: Trial, trials: Sequence[Trial], metric: Metric, files: Mapping[str, str]) -> str:
    """What EXPERIMENT_LOG.md says of a trial; `files` may hold its `summary.md` and `analysis.md`."""
    start = trials[trial.parent].metric if trial.parent is not None else None
    change = format_change(metric.change(trial.metric, start))
    value = f"{metric.name} {format_number(trial.metric)} {metric.unit}".rstrip()
    on = f" ({change} on trial {trial.parent})" if change and trial.parent is not None else ""
    facts = [
        f"{value}{on}" if trial.metric is not None else "not measured",
        counted(len(trial.samples), "sample") if len(trial.samples) > 1 else "",
        format_duration(trial.seconds) if trial.seconds else "",
        "" if trial.cost_usd is None else format_money(trial.cost_usd),
        f"commit {trial.commit[:10]}" if trial.commit else "",
    ]
    told = [
        f"## Trial {trial.number}: {trial.status} ({trial.reason})",
        f"{trial.finished[:19].replace('T', ' ')} UTC · {' · '.join(filter(None, facts))}",
        f"**{inert(one_line(trial.description))}**",
        *(_quoted(trial.why) if trial.why else []),
        *(_quoted(trial.detail) if trial.detail and trial.status != "keep" else []),
        *(_fenced(files.get("summary.md", ""), trial.number)),
        re.sub("^#", r"\\#", inert(files.get("analysis.md", "").strip()), flags=re.MULTILINE),
    ]
    return "\n" + "\n\n".join(part for part in told if part) + "\n"


def entries(log: str) -> int:
    """How many trials a log has its entries of, by the last one."""
    return max((int(number) + 1 for number in _ENTRY.findall(log)), default=0)


def analysis(reply: AnalysisReply, by: str, findings_made: Sequence[KeyFinding], odd: Sequence[str]) -> str:
    """What a record says of an analysis, and the log after it."""
    flags = ", ".join(flag.replace("_", " ") for flag in reply.flags)
    told = [f"Analysis ({by}): {reply.text}", *([f"{flags}: {reply.reason}"] if flags else [])]
    told += [*map(finding_line, findings_made), *(f"Not done: {line}." for line in odd)]
    return inert("\n\n".join(told)) + "\n"


def _quoted(text: str) -> list[str]:
    return ["\n".join(f"> {inert(line)}".rstrip() for line in text.strip().splitlines()[:SUMMARY])]


def _fenced(summary: str, trial: int) -> list[str]:
    lines = summary.strip().splitlines()
    if not lines:
        return []
    more = (
        [f"[… {len(lines) - SUMMARY} lines more: autoresearch show {trial} --log …]"]
        if len(lines) > SUMMARY
        else []
    )
    return ["\n".join(f"    {harmless(line)}".rstrip() for line in [*lines[:SUMMARY], *more])]


def _so_far(trials: Sequence[Trial], metric: Metric) -> str:
    best, since = incumbent(trials), current(trials)
    if best is None or not since:
        return "Nothing is measured yet."
    change = format_change(metric.change(best.metric, since[0].metric))
    value = f"{metric.name} {format_number(best.metric)} {metric.unit}".rstrip()
    how = (
        "certified"
        if best.certified
        else "claimed, not certified"
        if best.reason != "baseline"
        else "baseline"
    )
    return f"After {counted(len(tried(since)), 'idea')}: {value} {change} (trial {best.number}, {how})."


def _open_ends(trials: Sequence[Trial], rules: Rules) -> list[Task]:
    """What is left to do, and what is done, as the trials tell it."""
    best, since = incumbent(trials), current(trials)
    told: list[tuple[str, str, str]] = [
        ("measure the baseline", "completed" if since else "pending", "high"),
        *(
            (f"look at trial {t.number}: too good to be believed unseen", "pending", "high")
            for t in parked(trials)
        ),
    ]
    most = f" of {rules.trials}" if rules.trials is not None else ""
    over = rules.trials is not None and ideas(trials) >= rules.trials
    told.append(
        (f"try ideas: {len(tried(since))}{most} tried", "completed" if over else "in_progress", "medium")
    )
    if rules.target is not None:
        told.append((f"reach {rules.target:g}", "in_progress", "medium"))
    if best is not None and best.status == "keep" and best.reason not in NOT_IDEAS:
        told.append((f"certify the gain of trial {best.number}", "pending", "medium"))
    if best is not None and best.certified:
        told.append((f"certify the gain (trial {best.number})", "completed", "medium"))
    return [
        Task(f"R{place}", text, status, priority) for place, (text, status, priority) in enumerate(told, 1)
    ]
