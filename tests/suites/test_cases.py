"""Suites from files of every form, and what is wrong with them."""

import json
from pathlib import Path

import pytest

from autoresearch.core.errors import SettingsError
from autoresearch.core.suite import Case, Match, Test
from autoresearch.suites.cases import read
from autoresearch.suites.rendering import messages

SUITE = """\
prompt = "Greet {{ input }} in {{ language }}, {{ mood }}."
system = "Be short."
models = ["openai/a", {model = "openai/b", api_base = "http://h/v1", input_price = 1, output_price = 2}]
samples = 3
temperature = 0.7
stop = ["END"]
match = {kind = "fuzzy", cutoff = 0.9}
k = [1, 10]
timeout = "30s"

[execution]
timeout = "2s"
memory = "100M"

[[cases]]
id = "polite"
input = "Ada"
target = "Hello, Ada!"
split = "dev"
fields = {mood = "warmly"}

[[cases]]
input = {name = "Bob"}
preload = "Hello"
match = "contains"
targets = ["a", 1]
fields = {mood = "coldly"}

[[cases.tests]]
code = "print(1)"
expect = "1"

[[cases.tests]]
"""


def laid(folder: Path, text: str | bytes, name: str = "greet.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wrong(folder: Path, text: str | bytes, name: str = "greet.toml") -> str:
    with pytest.raises(SettingsError) as error:
        read(laid(folder, text, name))
    return str(error.value).replace(f"{folder}/", "")


def test_a_suite_says_what_is_asked_of_whom_and_how_it_is_judged(tmp_path: Path) -> None:
    suite = read(laid(tmp_path, SUITE), {"language": "English"})
    assert (suite.name, suite.samples, suite.k, suite.timeout) == ("greet", 3, (1, 10), 30)
    assert [model.name for model in suite.models] == ["openai/a", "openai/b"]
    assert suite.models[1].price is not None
    assert (suite.execution.timeout, suite.execution.memory) == (2, 100 * 1024 * 1024)
    assert suite.match == Match("fuzzy", {"cutoff": 0.9})
    first, second = suite.cases
    assert (first.id, first.input, first.targets, first.split) == ("polite", "Ada", ("Hello, Ada!",), "dev")
    assert (second.id, second.input, second.targets) == ("2", {"name": "Bob"}, ("a", "1"))
    assert second.tests == (Test("print(1)", "", "1"), Test())  # CX-45: all of a test is optional
    told = messages(suite, first, {"language": "English"})
    assert told == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Greet Ada in English, warmly."},  # ER-11: parameters
    ]
    # CX-12: the preload is appended to the prompt, a blank line between; CX-13: without one nothing is
    assert messages(suite, second, {"language": "x"})[1]["content"].endswith("coldly.\n\nHello")


OLD = '''\
[[questions]]
id = "it's"
prompt = """
Write {{ a }} function."""
answer_preload = "def f(x):"

[[questions.testcases]]
code = "print(f(1))"
stdin = ""
expect = "1"

[[questions.completions]]
completion = \'\'\'
    return x\'\'\'
results = [true]

[[questions]]
id = "2"
prompt = "No tests."
'''


def test_files_of_the_older_generations_are_read_as_they_are(tmp_path: Path) -> None:
    """CX-41, CX-42, CX-43."""
    suite = read(laid(tmp_path, OLD))
    assert suite.old
    first, second = suite.cases
    assert (first.id, first.preload, first.tests) == ("it's", "def f(x):", (Test("print(f(1))", "", "1"),))
    assert messages(suite, first, {})[0]["content"] == "Write {{ a }} function.\n\ndef f(x):"
    assert messages(suite, second, {})[0]["content"] == "No tests."
    (one,) = first.completions
    assert one.results is not None
    assert (one.text, [each.status for each in one.results]) == ("    return x", ["passed"])
    later = OLD.replace("completion = ", "code = ").replace("results = [true]", """
[[questions.completions.test_results]]
code = "print(f(1))"
stdin = ""
expect = "1"
got = "2"
""")  # fmt: skip
    (one,) = read(laid(tmp_path, later)).cases[0].completions
    assert one.results is not None
    assert [(each.status, each.got) for each in one.results] == [("failed", "2")]


ROWS = {
    "a.csv": 'input,target,mood\n"Ada, the first",Hello,warm\nBob,"Hi\nBob",cold\n',
    "a.jsonl": '{"input": "Ada, the first", "target": "Hello", "mood": "warm"}\n\n'
    '{"input": "Bob", "target": "Hi\\nBob", "mood": "cold"}\n',
    "a.json": '[{"question": "Ada, the first", "answer": "Hello", "mood": "warm"},'
    ' {"question": "Bob", "answer": "Hi\\nBob", "mood": "cold"}]',
    "a.yaml": "cases:\n- {input: 'Ada, the first', target: Hello, fields: {mood: warm}}\n"
    '- {input: Bob, target: "Hi\\nBob", fields: {mood: cold}}\n',
    "b.csv": '\ufeffinput,target,mood\r\n"Ada, the first",Hello,warm\r\nBob,"Hi\nBob",cold\r\n',
}


@pytest.mark.parametrize(("name", "text"), ROWS.items())
def test_rows_of_other_files_are_cases(tmp_path: Path, name: str, text: str | bytes) -> None:
    """ER-18: JSON `[{question, answer}]`; CSV `input,target`."""
    suite = read(laid(tmp_path, text, name))
    assert [(case.input, case.targets, case.fields["mood"]) for case in suite.cases] == [
        ("Ada, the first", ("Hello",), "warm"), ("Bob", ("Hi\nBob",), "cold"),
    ]  # fmt: skip
    assert messages(suite, suite.cases[1], {}) == [{"role": "user", "content": "Bob"}]


def test_cases_may_stand_in_a_file_of_their_own_and_prompts_too(tmp_path: Path) -> None:
    laid(tmp_path, "input,target\nAda,A\n", "cases.csv")
    laid(tmp_path, "Hello {{ input }}", "prompt.md")
    suite = read(laid(tmp_path, 'prompt_file = "prompt.md"\ncases_file = "cases.csv"\n'))
    assert messages(suite, suite.cases[0], {})[0]["content"] == "Hello Ada"
    assert "nothing.md can't be read" in wrong(
        tmp_path, 'prompt_file = "nothing.md"\ncases_file = "cases.csv"'
    )
    assert "no such file" in wrong(tmp_path, 'cases_file = "nothing.csv"')


def test_problems_of_humaneval_are_cases_with_one_test(tmp_path: Path) -> None:
    problem = {
        "task_id": "HumanEval/0",
        "prompt": "def f(x):\n",
        "entry_point": "f",
        "canonical_solution": "",
        "test": "def check(c):\n    assert c(1) == 1",
    }
    row = json.dumps(problem) + "\n"
    suite = read(laid(tmp_path, row, "problems.jsonl"))
    (case,) = suite.cases
    assert (case.id, case.preload, suite.extract) == ("HumanEval/0", "def f(x):\n", "code")
    assert case.tests[0].code.endswith("check(f)\n")
    assert messages(suite, case, {})[0]["content"].endswith("alone.\n\ndef f(x):\n")


def test_serialized_runs_are_cases_with_their_answers(tmp_path: Path) -> None:
    """ER-01, ER-15: data and answers of any type survive."""
    keys = ("data", "answer", "status", "score", "context", "logs")
    rows = [
        ({"a": None}, [1, 2], "COMPLETE", "CORRECT", [], ["a"]),
        (7, None, "FAIL", None, [], []),
        ("x", None, "READY", None, [], []),
    ]
    text = json.dumps([dict(zip(keys, row, strict=True)) for row in rows])
    first, second, third = read(laid(tmp_path, text, "runs.json")).cases
    assert (first.input, first.completions[0].value, first.completions[0].verdict) == (
        {"a": None},
        [1, 2],
        "pass",
    )
    assert (second.input, second.completions[0].status) == (7, "error")
    assert third.completions == ()


def test_every_mistake_is_said_at_once_with_its_line_and_the_mend(tmp_path: Path) -> None:
    """ER-08, CX-46, CX-47."""
    told = wrong(tmp_path, '''\
promt = "x"
samples = 0
match = "exakt"
extract = "cod"
[[cases]]
id = "a"
inputs = "x"
[[cases]]
id = "a"
split = "prod"
[[cases.tests]]
exepct = "1"
''')  # fmt: skip
    assert told.splitlines() == [
        "8 mistakes:",
        "greet.toml:1: unknown key 'promt'; did you mean 'prompt'?",
        "greet.toml:2: samples: must be a whole number from 1, not 0",
        "greet.toml:3: match: no kind of match 'exakt'; did you mean 'exact'?",
        "greet.toml:4: extract: there is no 'cod'; did you mean 'code'?",
        "greet.toml:7: case 1: unknown key 'inputs'; did you mean 'input'?",
        "greet.toml:8: the id 'a' is there twice, first on line 5; give each case its own",
        "greet.toml:10: case 2: split: 'prod' is not known; one of dev, val, test",
        "greet.toml:12: case 2, test 1: unknown key 'exepct'; did you mean 'expect'?",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            ('[[questions]]\nid = "a"\nprompt = "x"\nanswer_prelod = "y"\n'),
            ("greet.toml:4: question 1: unknown key 'answer_prelod'; did you mean 'answer_preload'?"),
        ),
        ('[[questions]]\nid = "a"\n', "greet.toml:1: question 1: prompt: is needed"),
        (
            ('match = "regex"\n[[cases]]\ninput = "x"\ntarget = "("\n'),
            "greet.toml:4: case 1: '(' is no regular expression",
        ),
        ('prompt = "{{ nam }}"\n[[cases]]\ninput = "x"\n', "'nam' is undefined; there are: id, input"),
        ('prompt = "{{ input"\n[[cases]]\ninput = "x"\n', "line 1 of the template"),
        ('prompt = "{{ ().__class__.__mro__ }}"\n[[cases]]\ninput = "x"\n', "unsafe"),
        ('prompt = "x"\n', "there is no case"),
        ('match = "judge"\n[[cases]]\ninput = "x"\n', "needs a model"),
        ('runner = "gone.py"\n[[cases]]\ninput = "x"\n', "there is no file"),
        ('[execution]\ncommand = ["node"]\n[[cases]]\ninput = "x"\ntests = [{code = "1"}]\n', "takes Python"),
        ('[[cases]]\ninput = "x"\nfiles = {"../a" = "x"}\n', "must be a path inside"),
        (
            ('[[cases]]\ninput = "x"\n[[cases.files]]\nname = "/etc/passwd"\ntext = ""\n'),
            "must be a path inside",
        ),
        ('models = ["openai/a", "openai/a"]\n[[cases]]\ninput = "x"\n', "named twice"),
        ('cases = "x"\n', "must be a list of tables: [[cases]]"),
        ("a = [\n", "this can't be read"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    """CX-33: names of files can't escape."""
    assert told in wrong(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "", "the first line must name the columns"),
        ("a.csv", "input,input\n", "each once"),
        ("a.csv", "input,target\nx\n", "a.csv:2: 1 cells where the header has 2"),
        ("a.csv", 'input,target\n"x,y\n', "this is no CSV"),
        ("a.jsonl", '{"input": 1}\n{"input": \n', "a.jsonl:2: this line is no JSON"),
        ("a.jsonl", '{"input": 1, "input": 2}\n', "given twice"),
        ("a.json", "[1,\n 2", "a.json:2:"),
        ("a.json", "[1]", "must be a list of tables"),
        ("a.yaml", "cases: [\n", "a.yaml:2:1"),
        ("a.yaml", "cases: []\ncases: []\n", "given twice"),
        ("a.txt", "x", "a suite is one of"),
        ("a.toml", b"x = '\xff'\n", "a.toml:1: this is not UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    assert told in wrong(tmp_path, text, name)
    with pytest.raises(SettingsError, match="no such file"):
        read(tmp_path / "gone.toml")


def test_a_case_is_what_the_file_says_and_no_more() -> None:
    assert Case("a").completions == ()
