"""What repeated measurements and broken targets say of an evaluation."""

from typing import Any

import pytest

from autoresearch.core.checks import CHECKED, Finding, Noise, Outcome, Report, Sabotage, judge, of_settings
from autoresearch.core.model import Metric

MS = Metric("p50_ms", "lower", "ms")
SCORE = Metric("score", "higher")
QUIET = (100.0, 101.0, 99.0, 100.0)  # a standard deviation of 0.82


def noise(metric: Metric = MS, values: tuple[float, ...] = QUIET) -> Noise:
    return Noise(metric, values, 2.0)


def sabotage(kind: Any = "broken", **more: Any) -> Sabotage:
    return Sabotage("empty", kind, "the mend", {"a.py": ""}, **more)


def test_noise_is_told_by_its_size_and_what_more_time_would_buy() -> None:
    known = noise()
    assert known.mean == 100 and known.deviation == pytest.approx(0.8165, abs=1e-4)
    assert known.percent(known.deviation) == pytest.approx(0.8165, abs=1e-4)
    assert noise(values=(100.0, 102.0, 104.0)).drift == 4
    sizes = [known.smallest(times).size for times in (1, 4, 16)]
    assert known.smallest().percent and sizes[0] > known.deviation
    assert sizes == pytest.approx([sizes[0], sizes[0] / 2, sizes[0] / 4], rel=0.05)
    assert known.seen == pytest.approx(sizes[0])


def test_noise_around_zero_has_no_percentage() -> None:
    known = noise(values=(-1.0, 1.0))
    assert known.percent(1) is None
    assert not known.smallest().percent and known.seen == known.smallest().size > 1


@pytest.mark.parametrize("metric", [MS, SCORE])
@pytest.mark.parametrize("values", [QUIET, (-5.0, -5.0), (0.0, 0.0)])
def test_what_a_cheat_passes_off_is_better(metric: Metric, values: tuple[float, ...]) -> None:
    known = noise(metric, values)
    assert metric.better(known.much_better, known.mean)


@pytest.mark.parametrize(
    "value, state, told",
    [
        (None, "ok", ""),
        (110.0, "ok", ": clearly worse"),
        (101.0, "wrong", ": as good as good code"),
        (100.0, "wrong", ": as good as good code"),
        (2.0, "wrong", ": better than good code"),
    ],
)
def test_a_broken_target_must_be_clearly_worse_or_no_measurement(
    value: float | None, state: str, told: str
) -> None:
    mend = "the mend" if state == "wrong" else ""
    expected = Finding("target", "empty", state, f"said{told}", mend)  # type: ignore[arg-type]
    assert judge(sabotage(runs=False), Outcome(value, "said"), noise()) == expected


def test_a_cheat_must_gain_nothing_by_it() -> None:
    forged = sabotage("cheat", forged=50.0)
    assert judge(forged, Outcome(None, "crash"), noise()).state == "ok"
    assert judge(forged, Outcome(100.5, "said", ran=True), noise()).said == "said: it gained nothing"
    assert judge(forged, Outcome(130.0, "said", ran=True), noise()).state == "ok"
    through = judge(forged, Outcome(50.0, "said", ran=True), noise())
    assert (through.state, through.said, through.mend) == (
        "wrong",
        "said: the forged number counts",
        "the mend",
    )
    lazy = judge(forged, Outcome(2.0, "said", ran=True), noise())
    assert (lazy.state, lazy.mend) == ("wrong", CHECKED)


def test_a_forged_number_is_noticed_also_where_the_noise_is_as_large() -> None:
    wild = noise(values=(20.0, 180.0, 90.0, 110.0))
    assert judge(sabotage("cheat", forged=50.0), Outcome(50.0, "", ran=True), wild).state == "wrong"
    assert judge(sabotage("cheat"), Outcome(50.0, "", ran=True), wild).state == "not tried"


def test_code_that_was_not_run_proves_nothing() -> None:
    assert judge(sabotage(), Outcome(100.0, "said", ran=False), noise()).state == "not tried"
    assert judge(sabotage(), Outcome(100.0, "said", ran=True), noise()).state == "wrong"
    assert judge(sabotage(), Outcome(None, "crash", ran=False), noise()).state == "ok"


@pytest.mark.parametrize(
    "target, said",
    [(99.0, "by luck alone"), (100.0, "before any change"), (200.0, "before any change"), (90.0, "")],
)
def test_a_target_that_luck_reaches_is_named(target: float, said: str) -> None:
    found = of_settings(noise(), target, confirmed=True)
    assert [said in finding.said for finding in found] == ([True] if said else [])


def test_keeping_what_was_better_once_goes_only_without_noise() -> None:
    assert [each.name for each in of_settings(noise(), None, confirmed=False)] == ["keep.confirm: off"]
    assert of_settings(noise(values=(5.0, 5.0)), None, confirmed=False) == []


def test_only_what_is_wrong_takes_the_trust_away() -> None:
    def report(*states: Any) -> Report:
        return Report(None, [Finding("target", "a", state, "") for state in states])

    assert report("ok", "warning", "not tried").trusted
    assert not report("ok", "wrong").trusted
