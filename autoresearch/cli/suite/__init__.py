"""`autoresearch suite`: its commands, each in the module of its name."""

import click

from autoresearch.cli.lazy import SETTINGS, LazyGroup

GROUPS = {
    "Make": {
        "new": "Lay down a suite to begin with.",
        "validate": "Is all in order? Before money is spent.",
    },
    "Run": {
        "run": "Ask, test and score: whatever has no good record yet.",
        "retry": "Once more what failed.",
        "stop": "Take samples out of a run that is going on.",
        "shell": "All of it at a prompt.",
    },
    "Step by step": {
        "generate": "Answers alone: file in, file out.",
        "test": "Run the tests of the answers in a file.",
        "score": "Judge the answers in a file.",
        "edit": "Put an answer right by hand; the edit is on record.",
    },
    "Look": {
        "ls": "The evals; or the samples of one.",
        "show": "One sample whole, or several.",
        "status": "How far it is: completed, failed, remaining.",
        "report": "Pass rates with intervals, pass@k, what failed and why.",
        "compare": "Two evals, paired by case.",
    },
    "Take": {
        "export": "CSV, JSON, Markdown, JUnit XML, older formats.",
        "import": "Answers that were made elsewhere.",
        "rm": "Take an eval, or samples of it, away.",
    },
}
ALIASES = {
    "generate-completions": "older:generate_completions",
    "gen": "older:generate_completions",
    "run-tests": "older:run_tests",
    "write-results": "older:write_results",
    "summary": "older:write_results",
    "list": "ls",
    "detail": "show",
    "rerun_fails": "retry",
}


@click.group(cls=LazyGroup, groups=GROUPS, aliases=ALIASES, package=__name__, context_settings=SETTINGS)
def command() -> None:
    """Ask every case to every model n times, and score the answers.

    What was answered is kept and never paid for twice: stop it, run it again, ask for more samples, change
    the tests.

    \b
    autoresearch suite new greet
    autoresearch suite validate greet.toml
    autoresearch suite run greet.toml --model openrouter/vendor/name -n 10
    autoresearch suite report

    Exit codes: 0 complete, 3 incomplete, 4 the budget is reached, 5 below --fail-under.
    """
