"""What a long loop holds on to: memory and open files, in a process of its own that runs what `run` runs.

As a program, `memory.py FOLDER TRIALS`, it is that process; it writes what it found to FOLDER/memory.json.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from figures import Figure
from project import bench, make_experiment, make_repository, open_experiment

from autoresearch.adapters.screen import Screen
from autoresearch.cli import run as _the_command  # noqa: F401 - so that all it loads is counted
from autoresearch.core.model import Trial
from autoresearch.views.live import Watch

EARLY = 100


def long_loop(folder: Path, trials: int) -> list[Figure]:
    """A loop of `trials`, looked at after the first hundred and at the end."""
    make_experiment(make_repository(folder))
    command = [sys.executable, __file__, str(folder), str(trials)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    early, late = json.loads((folder / "memory.json").read_text())
    total, growth = late["memory"] + late["warden"], late["memory"] - early["memory"]
    return [
        Figure(f"memory: growth from trial {EARLY} to {trials:,}", growth, "MB", 10),
        Figure("open files: growth", late["files"] - early["files"], "", 0, f"{late['files']} at the end"),
        Figure("memory in all", total, "MB", 80,
               f"resident; of that {late['warden']:.1f} the warden's process; peak {late['peak']:.1f}"),
    ]  # fmt: skip


@dataclass
class Meter(Watch):
    """What `run` shows trials with, and looks at this process now and then."""

    last: int = 0
    found: list[dict[str, float]] = field(default_factory=list)

    def recorded(self, trial: Trial) -> None:
        super().recorded(trial)
        if trial.number in (EARLY, self.last):
            self.found.append(_now())


def _now() -> dict[str, float]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    own = _status("self")
    return {
        "memory": own["VmRSS"],
        "peak": own["VmHWM"],
        "warden": sum(_status(child).get("VmRSS", 0.0) for child in children),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }


def _status(process: str) -> dict[str, float]:
    """Sizes in MB, by name."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith(" kB")}


def main() -> None:
    """Run the loop and write down what was found."""
    folder, trials = Path(sys.argv[1]), int(sys.argv[2])
    experiment = open_experiment(folder)
    meter = Meter(Screen(), experiment.metric, last=trials)
    with bench(experiment, meter) as long:
        meter.trials = long.lab.ledger.trials
        long.trials(trials - 1)
    (folder / "memory.json").write_text(json.dumps(meter.found))


if __name__ == "__main__":
    main()
