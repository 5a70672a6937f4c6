"""What the keep rule does in worlds whose truth is known (`tests/worlds.py`): false keeps, gains, costs.

Alone: `.venv/bin/python benchmarks/keep_rule.py`, some minutes on two cores.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from figures import Figure, table

sys.path.append(str(Path(__file__).parent.parent))

from autoresearch.core.keep import Confirm
from tests.worlds import Found, World, mixed, neutral, planted, search, together

NOISE = 0.01
WORLDS = {
    "noise of 0.5 %": World(0.005),
    "noise of 2 %": World(0.02),
    "noise of 5 %": World(0.05),
    "1 %, a machine that wanders by 1 %": World(NOISE, drift=0.01),
    "2 %, a machine that becomes faster, 2 % in 60": World(0.02, speeding=0.02),
    "1 %, heavy tails and outliers": World(NOISE, tails=True),
    "1 %, each idea its own noise": World(NOISE, own=True),
}
MODES: list[tuple[Confirm, float, float]] = [("normal", 5.0, 0.5), ("strict", 1.5, 0.1)]


def searches(runs: int) -> list[Figure]:
    """`runs` searches of 500 evaluations, a third as many in odd worlds; targets as the rule was made for."""
    with ProcessPoolExecutor() as pool:
        found, fewer = partial(_found, pool, runs), partial(_found, pool, runs // 3)
        greedy = found(World(NOISE), "off")
        figures = [Figure("false keeps, unconfirmed, noise of 1 %", _false(greedy), "%", note=_told(greedy))]
        for confirm, most_false, most_neutral in MODES:
            figures += _usual(found, greedy, confirm, most_false)
            for noise in (0.01, 0.05):
                neutrals = found(World(noise, neutral), confirm, round(10_000 * noise))
                what = f"neutral ideas kept of 100, {confirm}, noise of {noise:.0%}"
                figures.append(Figure(what, 100 * neutrals.kept / neutrals.tried, "", most_neutral))
            for deviations, most_lost in ((2.8, None), (3.0, 10.0)):
                kept = sum(
                    pool.map(partial(planted, confirm, deviations=deviations), range(runs), chunksize=10)
                )
                what = f"gains of {deviations} standard deviations that are lost, of 100, {confirm}"
                figures.append(Figure(what, 100 - 100 * kept / runs, "", most_lost))
        for name, world in WORLDS.items():
            for confirm, *_ in MODES:
                here = fewer(world, confirm)
                figures.append(Figure(f"false keeps, {confirm}, {name}", _false(here), "%", note=_told(here)))
    return figures


def _usual(found: Callable[..., Found], greedy: Found, confirm: Confirm, most_false: float) -> list[Figure]:
    here = found(World(NOISE, mixed), confirm)
    return [
        Figure(f"false keeps, {confirm}, noise of 1 %", _false(here), "%", most_false, _told(here)),
        Figure(f"what `off` gains against {confirm}", greedy.gain / here.gain, "×", 1.45),
        Figure(f"evaluations a candidate, {confirm}", here.evaluations / here.tried, "", 1.5),
    ]


def _found(pool: ProcessPoolExecutor, runs: int, world: World, confirm: Confirm, first: int = 0) -> Found:
    return together(pool.map(partial(search, world, confirm), range(first, first + runs), chunksize=10))


def _false(found: Found) -> float:
    return 100 * found.false / max(1, found.kept)


def _told(found: Found) -> str:
    return f"{found.false} of {found.kept} keeps; true gain {found.gain:.1f} %"


if __name__ == "__main__":
    sys.stdout.write(table(searches(300)))
