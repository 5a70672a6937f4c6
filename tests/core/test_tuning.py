"""Marks are read in any language, written without a trace, and searched within their bounds."""

import random

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from autoresearch.core.marks import Choice, Mark, Range, Value, marks_in, values_of, write
from autoresearch.core.model import Status, Trial
from autoresearch.core.tuning import step_size, steps


def only(line: str) -> Mark:
    (mark,) = marks_in({"f": line})
    return mark


def trial(number: int, parameters: dict[str, Value], status: Status = "discard") -> Trial:
    return Trial(number, 0, "c", "t", status, "not_better", "idea", metric=1.0, parameters=parameters)


@pytest.mark.parametrize(
    ("line", "name", "literal", "value"),
    [
        ("lr = 0.01  # tune: log 1e-4..1e-1", "lr", "0.01", 0.01),
        ("lr: float = 0.01  # tune: log 1e-4..1e-1  # noqa", "lr", "0.01", 0.01),
        ("  learning-rate: 1.0e-3  # tune: 0..1", "learning-rate", "1.0e-3", 0.001),
        ('"lr": 0.01, // tune: 0..1', "lr", "0.01", 0.01),
        ("n := 64 // tune: 16..256", "n", "64", 64),
        ("const int N = 64; // tune: 16..256", "N", "64", 64),
        ("std::size_t n = 64u; // tune: 16..256", "n", "64", 64),
        ("#define N -5 // tune: -9..9", "N", "-5", -5),
        ("float lr = 1e-3f; // tune: log 1e-5..1", "lr", "1e-3", 0.001),
        ("let lr: f32 = 1e-3_f32; // tune: log 1e-5..1", "lr", "1e-3", 0.001),
        ("local x = 5 -- tune: 1..9", "x", "5", 5),
        ("(setq lr 0.5) ; tune: 0..1", "lr", "0.5", 0.5),
        ("lr = .5 % tune: 0..1", "lr", ".5", 0.5),
        ('{"w": 64, /* tune: 16..256 */ "h": 3}', "w", "64", 64),
        ("<depth>64</depth> <!-- tune: 16..256 -->", "depth", "64", 64),
        ('<net act="relu"/> <!-- tune: relu | gelu -->', "act", '"relu"', "relu"),
        ("opt = make(lr=0.1, m=0.9)  # tune: 0..1", "m", "0.9", 0.9),
        ("cfg['lr'] = 0.1  # tune: 0..1", "lr", "0.1", 0.1),
        ("x = a - 3  # tune: 1..5", "x", "3", 3),
        ("x=-0.5#tune:-1..1", "x", "-0.5", -0.5),
        ("n = 1_000  # tune: log 1e1..1e6", "n", "1_000", 1000),
        ("act = 'relu'  # tune: relu | gelu | silu", "act", "'relu'", "relu"),
        ("act = nn.ReLU  # tune: nn.ReLU | nn.GELU", "act", "nn.ReLU", "nn.ReLU"),
        ("flag: true  # tune: true | false", "flag", "true", "true"),
        ("m = None  # tune: None | 'sqrt'", "m", "None", "None"),
        ("b = 32  # tune: 16 | 32 | 64", "b", "32", "32"),
        ("0.5 # tune: 0..1", "line 1", "0.5", 0.5),
    ],
)
def test_a_mark_is_read_in_any_language(line: str, name: str, literal: str, value: Value) -> None:
    mark = only(line)
    assert (mark.name, line[mark.start : mark.end], mark.value) == (name, literal, value)
    assert type(mark.value) is type(value)


@pytest.mark.parametrize(
    ("line", "value", "after"),
    [
        ("lr = 0.01\t# tune: log 1e-9..1", 1e-05, "lr = 1.0e-05\t# tune: log 1e-9..1"),
        ("float lr = 1e-3f; // tune: 0..1", 0.25, "float lr = 0.25f; // tune: 0..1"),
        ("#define N -5 // tune: -9..9", 7, "#define N 7 // tune: -9..9"),
        ("act = 'relu'  # tune: relu | gelu", "gelu", "act = 'gelu'  # tune: relu | gelu"),
        (
            "act = `relu`; // tune: relu | gelu tanh",
            "gelu tanh",
            "act = `gelu tanh`; // tune: relu | gelu tanh",
        ),
        ("m = None  # tune: None | 'sqrt'", "sqrt", "m = 'sqrt'  # tune: None | 'sqrt'"),
        ("m = \"sqrt\"  # tune: None | 'sqrt'", "None", "m = None  # tune: None | 'sqrt'"),
        ("flag: true  # tune: true | false", "false", "flag: false  # tune: true | false"),
    ],
)
def test_a_value_is_written_in_the_style_of_its_place(line: str, value: Value, after: str) -> None:
    mark = only(line)
    assert write({"f": line}, [mark], {mark.name: value}) == {"f": after}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("n = 5  # tune: 1..9", Range(1, 9, step=1, whole=True)),
        ("n = 5  # tune: 1e1..1e3 step 5", Range(10, 1000, step=5, whole=True)),
        ("n = 5  # tune: log 1..64", Range(1, 64, log=True, step=1, whole=True)),
        ("n = 5  # tune: 1.0..9", Range(1.0, 9.0)),
        ("n = 5.0  # tune: 1..9", Range(1.0, 9.0)),
        ("n = 5f; // tune: 1..9", Range(1.0, 9.0)),
        ("n = 5  # tune: 1..9 step 0.5", Range(1.0, 9.0, step=0.5)),
        ("n = 5  # tune: 1 | 2", Choice(("1", "2"), ("1", "2"))),
    ],
)
def test_whole_numbers_stay_whole_only_where_all_of_the_mark_is_whole(
    line: str, expected: Range | Choice
) -> None:
    assert only(line).domain == expected


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("n = 5  # tune: 9..1", "smaller number first"),
        ("n = 5  # tune: 5..5", "smaller number first"),
        ("n = 5  # tune: 1..1e400", "endless"),
        ("n = 5  # tune: log 0..1", "above 0"),
        ("n = 5  # tune: 1..9 step 0", "step does not fit"),
        ("n = 5  # tune: 1..9 step 20", "step does not fit"),
        ("n = 5  # tune: the best one", "not understood"),
        ("n = 5  # tune:", "not understood"),
        ("# tune: 1..9", "write it as `name = value`"),
        ("n = f()  # tune: 1..9", "write it as `name = value`"),
        ("n = 0x10  # tune: 1..9", "write it as `name = value`"),
        ("n = 'five'  # tune: 1..9", "a range needs a number"),
        ("n = five  # tune: four | six", "none of the choices"),
        ("n = 'a'  # tune: a | a", "twice"),
        ("n = a  # tune: a | b c", "quote it"),
        ("n = 'a'  # tune: a | ", "empty"),
    ],
)
def test_a_mark_that_is_not_understood_says_where_it_is_and_what_mends_it(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^src/x\.py:3: ") as caught:
        marks_in({"src/x.py": f"import os\r\n\r\n{line}\r\nn = 1\r\n"})
    assert problem in str(caught.value)


def test_a_key_or_a_word_called_tune_is_no_mark() -> None:
    assert marks_in({"f": "tune: 5\nfine-tune: x\n# to tune the rate\n"}) == []
    assert [mark.line for mark in marks_in({"f": "a = 1\ntune: 5  # tune: 1..9\n"})] == [2]


def test_names_are_made_unique_only_where_marks_share_them() -> None:
    line = "lr = 0.1  # tune: 0..1\n"
    texts = {"a.py": line + line + "n = 1  # tune: 1..9\n", "b.py": line, "c.py": "k = 1 # tune: 1..9\n" * 2}
    names = [mark.name for mark in marks_in(texts)]
    assert names == ["a.py:lr", "a.py:lr:2", "n", "b.py:lr", "k", "k:2"]


def test_a_small_number_is_a_number_to_yaml_too() -> None:
    text = "lr: 0.01  # tune: log 1e-9..1\n"
    written = write({"f": text}, marks_in({"f": text}), {"lr": 3e-07})["f"]
    assert yaml.safe_load(written) == {"lr": 3e-07}


LINES = st.sampled_from(
    [
        "a = 0.50  # tune: log 1e-6..1e3",
        "b: 7  // tune: -20..20",
        "const long c = 40L; /* tune: 0..1000 step 8 */ int d;",
        'e = "relu", -- tune: relu | gelu | silu',
        "f = None  # tune: None | 'x'",
        "\tg = -1e-3f; // tune: -1..1",
        "h = 3.0 ; tune: 0..1 step 0.1",
    ]
)
NOISE = st.text(st.characters(codec=None, exclude_characters="\r\n"), max_size=20).filter(
    lambda text: "tune" not in text
)
LINE_ENDS = st.sampled_from(["\n", "\r\n"])
FILES = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(st.one_of(LINES, NOISE), max_size=8),
    LINE_ENDS,
    st.sampled_from(["", "\n", "\n\udcff\udc80"]),
)


@given(FILES)
def test_writing_the_same_values_changes_no_file(text: str) -> None:
    marks = marks_in({"f": text})
    assert write({"f": text}, marks, values_of(marks)) == {}


@given(FILES, st.randoms(use_true_random=False))
def test_written_values_read_back_equal_and_the_rest_stays_byte_for_byte(
    text: str, rng: random.Random
) -> None:
    marks = marks_in({"f": text})
    values = {mark.name: mark.domain.at(rng.random()) for mark in marks}
    after = write({"f": text}, marks, values).get("f", text)
    again = marks_in({"f": after})
    assert values_of(again) == values
    assert [type(value) for value in values_of(again).values()] == [type(v) for v in values.values()]
    assert around(after, again) == around(text, marks)


def around(text: str, marks: list[Mark]) -> list[str]:
    edges = [0, *(edge for mark in marks for edge in (mark.start, mark.end)), len(text)]
    return [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    log = draw(st.booleans())
    if draw(st.booleans()):
        first = draw(st.integers(1 if log else -(10**20), 10**20))
        span = draw(st.integers(1, 10**20))
        return Range(first, first + span, log, draw(st.integers(1, span)), whole=True)
    bound = st.floats(5e-324 if log else -1e307, 1e307)
    low, high = sorted((draw(bound), draw(bound)))
    assume(low < high)
    parts = draw(st.sampled_from([None, 1, 3, 10, 1000]))
    step = (high - low) / parts if parts else None
    assume(step is None or step > 0)
    return Range(low, high, log, step)


@given(ranges(), st.floats(0, 1), st.floats(0.02, 0.5), st.randoms(use_true_random=False))
def test_every_value_that_is_proposed_lies_within_its_bounds(
    domain: Range, unit: float, size: float, rng: random.Random
) -> None:
    value = domain.at(unit)
    near = domain.near(value, size, rng)
    for proposed in (value, near):
        assert domain.low <= proposed <= domain.high
        assert 0 <= domain.unit(proposed) <= 1
        assert isinstance(proposed, int) is domain.whole
        assert not domain.whole or (proposed - domain.low) % (domain.step or 1) == 0


@given(st.integers(-50, 50), st.integers(1, 50), st.data())
def test_a_step_of_a_whole_number_is_at_least_one(low: int, span: int, data: st.DataObject) -> None:
    domain = Range(low, low + span, step=1, whole=True)
    here = data.draw(st.integers(low, low + span))
    assert domain.near(here, 1e-9, random.Random(data.draw(st.integers()))) != here


def test_a_logarithmic_range_gives_each_decade_its_share() -> None:
    domain = Range(1e-4, 1e-1, log=True)
    assert [domain.at(unit) for unit in (0, 1 / 3, 2 / 3, 1)] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])


def test_values_have_few_digits() -> None:
    rng = random.Random(1)
    drawn = [Range(1e-4, 1e-1, log=True).at(rng.random()) for _ in range(100)]
    assert all(float(f"{value:.4g}") == value for value in drawn)
    assert len({Range(1000.0, 1000.5).at(unit / 1000) for unit in range(1001)}) == 1001


MARKED = {
    "t.py": "lr = 0.01  # tune: log 1e-4..1e-1\nn = 64  # tune: 16..256\nact = 'a'  # tune: a | b | c\n"
}


def test_the_same_seed_and_history_give_the_same_proposals() -> None:
    marks, history = marks_in(MARKED), [trial(0, {}), trial(1, {"lr": 0.1, "n": 16, "act": "b"})]
    assert list(steps(marks, history, 0, seed=7)) == list(steps(marks, history, 0, seed=7))
    assert next(steps(marks, history, 0, seed=7)) != next(steps(marks, history, 0, seed=8))


def test_the_opening_uses_each_part_of_each_range_once() -> None:
    marks = marks_in({"f": "a = 0.5  # tune: 0..1\nb = 1e-3  # tune: log 1e-9..1\nc = 1.0  # tune: -5..5\n"})
    history, drawn = [trial(0, {})], []
    for number in range(1, 5):
        values, _ = next(steps(marks, history, 0, seed=3))
        drawn.append(values)
        history.append(trial(number, values))
    for mark in marks:
        assert isinstance(mark.domain, Range)
        assert sorted(int(mark.domain.unit(values[mark.name]) * 4) for values in drawn) == [0, 1, 2, 3]
    assert "step around trial 0" in next(steps(marks, history, 0, seed=3))[1]


def test_a_step_moves_few_values_and_mends_those_out_of_bounds() -> None:
    marks = marks_in({"f": "".join(f"p{i} = 7.0  # tune: 0..1\n" for i in range(6))})
    history = [trial(number, {"p0": 0.0}) for number in range(8)]
    moved = [
        sum(value != 1.0 for value in values.values())
        for values, why in steps(marks, history, 0, seed=1)
        if "step around" in why
    ]
    assert len(moved) == 500
    assert 1 <= sum(moved) / len(moved) < 2


def test_the_step_grows_with_success_and_shrinks_without() -> None:
    assert step_size([True]) == pytest.approx(1.5 * step_size([]))
    assert step_size([True, False, False, False, False]) == pytest.approx(step_size([]))
    assert step_size([False] * 200) < 0.1 * step_size([True] * 200)


@given(st.integers(0, 1000), st.lists(st.booleans(), max_size=20))
def test_a_small_space_is_proposed_to_the_last_combination(seed: int, kept: list[bool]) -> None:
    marks = marks_in({"f": "n = 3  # tune: 1..9 step 2\nact = a  # tune: a | b | c\n"})
    history = [trial(number, {"n": 1}, "keep" if keep else "discard") for number, keep in enumerate(kept)]
    offered = {tuple(values.values()) for values, _ in steps(marks, history, 0, seed)}
    assert offered == {(n, act) for n in (1, 3, 5, 7, 9) for act in "abc"}


def test_a_space_without_end_is_drawn_from_a_thousand_times() -> None:
    marks = marks_in({"f": "x = 0.5  # tune: 0..1\n"})
    history = [trial(number, {"x": 0.5}) for number in range(3)]
    assert len(list(steps(marks, history, 0, seed=1))) == 1000
