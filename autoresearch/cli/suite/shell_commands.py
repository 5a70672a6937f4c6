"""The commands of the shell. Samples of several evals are listed together; `a:3` is a line of the last
list."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from autoresearch.adapters import disk
from autoresearch.adapters.screen import table
from autoresearch.cli.suite.shell_state import Shown
from autoresearch.core.query import HELP
from autoresearch.suites import cases, evals, giving, hands
from autoresearch.suites.asking import Over
from autoresearch.suites.running import counted
from autoresearch.suites.session import Wanted, Way
from autoresearch.suites.writing import as_serialized
from autoresearch.views.suite import progress, summary
from autoresearch.views.suite_export import ENDINGS, FORMATS
from autoresearch.views.suite_tables import SAMPLES, row, style, whole

USUAL = 8  # requests at once, where nobody says


class Shell(Shown):
    """What the shell knows: the evals that it shows, the last list, the run that goes on behind the
    prompt."""

    def begin(self, what: str | None) -> None:
        """Show an eval, or a suite's; without either the newest eval."""
        there = self.session.evals()
        if what is not None and what not in there:
            self.load([what])
        elif there:
            self.show(what or there[0])

    def do(self, line: str) -> None:
        """One line. Raises AutoresearchError or click.UsageError, which end nothing."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise click.UsageError(f"{error}; a quote is open") from None
        if not words:
            return
        name = ALIASES.get(words[0], words[0])
        if name not in COMMANDS:
            raise click.UsageError(f"Invalid command {words[0]!r}; help lists them")
        COMMANDS[name].act(self, words[1:])

    def help(self, _words: Sequence[str]) -> None:
        """Every command."""
        for name, each in COMMANDS.items():
            others = ", ".join([name, *(alias for alias, of in ALIASES.items() if of == name)])
            self.screen.line(f"{f'{others} {each.takes}'.strip():<34} {each.about}")
        self.screen.line()
        self.screen.line(HELP.replace("\b\n", ""))

    def ls(self, words: Sequence[str]) -> None:
        """The samples that queries name."""
        found = self.found(words, empty_ok=True)
        self.last = [each.address for each in found]
        rows = [row(each.view.eval, at, each.outcome) for at, each in enumerate(found)]
        self.screen.show(
            table(SAMPLES, rows, [style(each.outcome) for each in found], width=self.screen.width)
        )

    def status(self, _words: Sequence[str]) -> None:
        """How far all of it is."""
        for view in self.views.values():
            self.screen.line(f"{view.eval.name}: {progress(counted(view.outcomes()))}")
        if not self.views:
            self.screen.line("nothing is loaded: load FILE")
        elif self.running():
            self.screen.line("a run is going on")

    def report(self, _words: Sequence[str]) -> None:
        """What came of it."""
        for view in self.views.values():
            for line in summary(view.eval, view.outcomes()):
                self.screen.line(line)

    def run_n(self, words: Sequence[str]) -> None:
        """Samples behind the prompt, at most so many at once."""
        if not words or not words[0].isdigit() or int(words[0]) < 1:
            raise click.UsageError("run_n takes a number, such as run_n 4")
        if self.running():
            raise click.UsageError("a run is going on; wait for it, or cancel_run_n")
        found = self.found(words[1:])
        if len(words) == 1:
            self.ls([])
        self.run_behind(found, Way(widest=int(words[0])))

    def run(self, words: Sequence[str]) -> None:
        """Samples now."""
        if not words:
            raise click.UsageError("run takes a query, such as run a:3")
        self.run_now(self.found(words), Way(widest=USUAL, revive=True))

    def rerun_fails(self, words: Sequence[str]) -> None:
        """All that failed, at most so many at once."""
        if words and not words[0].isdigit():
            raise click.UsageError("rerun_fails takes a number, such as rerun_fails 4")
        failed = [each for each in self.everything() if each.outcome.status in ("error", "cancelled")]
        if not failed:
            self.screen.line("nothing failed")
            return
        self.run_now(failed, Way(widest=int(words[0]) if words else USUAL, revive=True))

    def cancel_run_n(self, _words: Sequence[str]) -> None:
        """No further sample is begun."""
        if not self.running():
            raise click.UsageError("no run is going on")
        for crowd in self.crowds:
            crowd.end(Over("stopped", "cancelled"))
        self.screen.line("cancelled: what is being asked comes to its end, nothing new is begun")

    def stop(self, words: Sequence[str]) -> None:
        """Samples are taken out of the run."""
        if not words:
            raise click.UsageError("stop takes a query, such as stop a:3")
        for each in self.found(words):
            if hands.stop(each.view, [each.outcome]):
                self.screen.line(f"Stopping {each.address[0]}:{each.address[1]}")

    def detail(self, words: Sequence[str]) -> None:
        """Samples whole."""
        if not words:
            raise click.UsageError("detail takes a query, such as detail a:3")
        for each in self.found(words):
            asked, edits = hands.asked(each.view, each.outcome), hands.edits(each.view, each.outcome)
            for line in whole(each.view.eval, each.outcome, asked, edits):
                self.screen.line(line)

    def edit(self, words: Sequence[str]) -> None:
        """An answer is put right."""
        found = self.found(words[:1])
        if len(words) != 2 or len(found) != 1:
            raise click.UsageError('edit takes one sample and a text, such as edit a:3 "print(42)"')
        hands.edit(found[0].view, found[0].outcome, words[1])

    def save(self, words: Sequence[str]) -> None:
        """All samples into a file: serialized runs, or by its ending."""
        if len(words) != 1:
            raise click.UsageError("save takes a file, such as save runs.json")
        path = self.folder / words[0]
        kind = ENDINGS.get(path.suffix.lower(), "json")
        views = list(self.views.values())
        if kind == "json":
            disk.write(path, as_serialized([each for view in views for each in view.outcomes()]))
        elif len(views) != 1:
            raise click.UsageError("several evals go into a .json file only")
        else:
            disk.write(path, FORMATS[kind](views[0], views[0].outcomes()))
        self.screen.line(f"saved: {path}")

    def load(self, words: Sequence[str]) -> None:
        """A suite, or answers, from a file; further words reach the runner's load."""
        if not words:
            raise click.UsageError("load takes a file, such as load greet.toml")
        path = self.folder / words[0]
        suite = cases.read(path)
        if len(words) > 1:
            suite = self.session.loaded(suite, words[1:])
        name = evals.name_of(path)
        if giving.has_answers(suite):
            one = giving.given(self.session, suite, name, Wanted())
        else:
            one = self.session.prepare(suite, name, Wanted())
        self.show(one.name)
        self.screen.line(f"{one.name}: {len(one.current())} samples")

    def use(self, words: Sequence[str]) -> None:
        """Show evals that there are."""
        if not words:
            self.screen.line(f"there are {', '.join(self.session.evals()) or 'none'}")
        for name in words:
            self.show(name)

    def clear_runs(self, _words: Sequence[str]) -> None:
        """Nothing is shown any more; all of it stays on disk."""
        self.views.clear()
        self.last = []

    def rm(self, words: Sequence[str]) -> None:
        """Samples are taken out of their evals."""
        if not words:
            raise click.UsageError("rm takes a query, such as rm a:3")
        found = self.found(words)
        for name in {each.address[0] for each in found}:
            numbers = [each.address[1] for each in found if each.address[0] == name]
            hands.remove(self.session, self.views[name].eval, numbers)
            self.show(name)
        self.screen.line(f"{len(found)} taken away")

    def clear(self, _words: Sequence[str]) -> None:
        """An empty screen."""
        click.clear()

    def exit(self, _words: Sequence[str]) -> None:
        """The end; a run that goes on is waited for."""
        self.over = True


@dataclass(frozen=True)
class Command:
    """One of them: what it takes, what it is about, what it does."""

    takes: str
    about: str
    act: Callable[[Shell, Sequence[str]], None]


COMMANDS = {
    "help": Command("", "this list", Shell.help),
    "ls": Command("[QUERY…]", "list samples: index, address, status", Shell.ls),
    "run_n": Command("N [QUERY…]", "run samples behind the prompt, at most N at once", Shell.run_n),
    "cancel_run_n": Command("", "begin no further sample of that run", Shell.cancel_run_n),
    "run": Command("QUERY…", "run samples now", Shell.run),
    "rerun_fails": Command("[N]", "run again all that failed, at most N at once", Shell.rerun_fails),
    "stop": Command("QUERY…", "take samples out of a run", Shell.stop),
    "detail": Command("QUERY…", "samples whole: question, answer, tests, errors, logs", Shell.detail),
    "edit": Command("QUERY TEXT", "put an answer right; the edit is on record", Shell.edit),
    "status": Command("", "completed, failed, remaining", Shell.status),
    "report": Command("", "pass rates, and what failed", Shell.report),
    "load": Command("FILE [ARG…]", "a suite or saved answers; ARGs reach the runner's load", Shell.load),
    "use": Command("[EVAL…]", "show further evals that are here", Shell.use),
    "save": Command("FILE", "serialized runs (.json), or .toml .csv .md .xml .jsonl", Shell.save),
    "clear_runs": Command("", "show nothing any more; all stays on disk", Shell.clear_runs),
    "rm": Command("QUERY…", "take samples out of their eval", Shell.rm),
    "clear": Command("", "an empty screen", Shell.clear),
    "exit": Command("", "the end", Shell.exit),
}
ALIASES = {
    "h": "help", "?": "help", "list": "ls", "show": "detail", "s": "status", "retry": "rerun_fails",
    "clear_run": "rm", "c": "clear", "quit": "exit", "q": "exit",
}  # fmt: skip
