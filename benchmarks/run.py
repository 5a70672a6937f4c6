"""`make bench`: measures every figure that is promised and writes RESULTS.md.

`--quick` measures less of everything, to see whether it works, `--only NAME` one thing: both only print.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import machine
from commands import looking, starting
from figures import Figure, table
from keep_rule import searches
from logs import looking_at_calls
from memory import long_loop
from models import first_request, parsing, prompts
from report import reports
from sandbox import cost
from suites import suites
from trials import large_repository, short_and_long

RESULTS = Path(__file__).with_name("RESULTS.md")
MORE = """\
A trial is timed from record to record in the real loop, with a proposer that has its answer at once and the
evaluator `/bin/cat`. What is written is flushed to the disk as in any run. Commands run at a pseudo-terminal
of 120 columns. Long experiments are laid down with `git fast-import`, in packs as the loop leaves them.
"""


def main() -> int:
    """Measure; 1 where a figure misses its target."""
    options = _options()
    begun = time.perf_counter()
    with _workplace(options.folder) as folder:
        facts = machine.facts(folder)
        figures = _measured(folder, quick=options.quick, only=options.only)
    facts.append(("took", f"{(time.perf_counter() - begun) / 60:.1f} minutes"))
    command = f"make bench ({' '.join(['python', 'benchmarks/run.py', *sys.argv[1:]])})"
    lines = [f"- {name}: {value}\n" for name, value in [("command", f"`{command}`"), *facts]]
    text = "".join(["# Results\n\n", *lines, "\n", MORE, "\n", table(figures)])
    sys.stdout.write(f"\n{text}")
    if not (options.quick or options.only):
        RESULTS.write_text(text)
    return 0 if all(figure.reached for figure in figures) else 1


def _measured(folder: Path, *, quick: bool, only: Collection[str]) -> list[Figure]:
    figures: list[Figure] = []
    measures: dict[str, Callable[[], list[Figure]]] = {
        "trials": lambda: short_and_long(folder / "trials", 40 if quick else 200, 1000 if quick else 10_000),
        "large": lambda: large_repository(folder, 5 if quick else 40, 2000 if quick else 50_000),
        "sandbox": lambda: cost(folder / "sandbox", 20 if quick else 100),
        "starting": lambda: starting(folder / "empty", 5 if quick else 15),
        "looking": lambda: looking(folder / "some", 1000, 3 if quick else 9, 0.4),
        "looking-at-many": lambda: looking(folder / "many", 3000 if quick else 100_000, 3, 4.0),
        "prompts": prompts,
        "parsing": parsing,
        "report": reports,
        "first-request": lambda: first_request(folder / "model"),
        "logs": lambda: looking_at_calls(folder / "logs", 5000 if quick else 100_000, 1 if quick else 3),
        "suites": lambda: suites(folder / "suites", *((100, 500, 20) if quick else (1000, 10_000, 164))),
        "memory": lambda: long_loop(folder / "long", 200 if quick else 2000),
        "keep-rule": lambda: searches(10 if quick else 300),
    }
    for name, measure in measures.items():
        for figure in measure() if not only or name in only else ():
            figures.append(figure)
            sys.stdout.write(f"{' | '.join(figure.cells())}\n")
            sys.stdout.flush()
    return figures


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A temporary folder and a home of our own: no setting of the user's is measured."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    place = Path(tempfile.mkdtemp(prefix="autoresearch-bench-", dir=folder))
    os.environ["HOME"] = str(place / "home")
    (place / "home").mkdir()
    (place / "home" / ".gitconfig").write_text("[user]\n\tname = Bench\n\temail = bench@example.org\n")
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less of everything; write nothing")
    where = "where repositories are made: on a disk, not in memory (default /var/tmp)"
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), metavar="DIR", help=where)
    only = "measure this alone, such as trials, prompts, report or logs; repeatable; write nothing"
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help=only)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
