"""The pages lead where they say, and name what the code knows: variables, keys, fields."""

import re
from collections import Counter
from pathlib import Path

import click
import pytest

from autoresearch.adapters.env_file import VARIABLES
from autoresearch.calls import record
from autoresearch.cli.logs import command as logs
from autoresearch.core.calls import KEYS, Model, Reply, Request
from autoresearch.core.text import as_json
from autoresearch.research import ready

ROOT = Path(__file__).parent.parent
KINDS = ("*.md", "docs/*.md", "examples/**/README.md")
PAGES = [path for kind in KINDS for path in sorted(ROOT.glob(kind))]
NOT_FOR_USERS = {"AGENTS.md", "acceptance.md"}

MODELS = (ROOT / "docs" / "models.md").read_text()
LOGGING = (ROOT / "docs" / "logging.md").read_text()
SERVERS = {"OPENAI_BASE_URL", "OLLAMA_API_BASE"}
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\[\]]+\]\(([^()\s]+)\)")


def links(page: Path) -> list[str]:
    prose = re.sub("`[^`\n]+`", "code", FENCED.sub("", page.read_text()))
    return [target for target in LINK.findall(prose) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """The names that a page's headings have, as GitHub makes them."""
    found: Counter[str] = Counter()
    names = set()
    for heading in re.findall(r"^#+ +(.+?) *$", FENCED.sub("", page.read_text()), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


def section(heading: str, page: str = MODELS) -> str:
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(table: str) -> list[list[str]]:
    """The names in the first cell of each row."""
    return [re.findall("`([^`]+)`", row) for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_pages_are_linked_at_all() -> None:
    """Were the pattern wrong, the test above would pass on nothing."""
    reached = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links(page)}
    assert {page for page in PAGES if page.name not in NOT_FOR_USERS} - reached <= {ROOT / "README.md"}
    assert "what-a-keep-means" in anchors(ROOT / "docs" / "guide.md")


def test_the_example_of_env_names_every_variable_that_is_read_and_no_other() -> None:
    """AM-08: `.env.example` is shipped with every variable."""
    text = (ROOT / ".env.example").read_text()
    named = re.findall(r"^# ([A-Z][A-Z_]+)=", text, re.MULTILINE)
    keys = {name for names in KEYS.values() for name in names}
    assert sorted(named) == sorted({*VARIABLES, *keys, *SERVERS})
    assert all(line.startswith("#") for line in text.splitlines() if line)


def test_the_example_of_env_has_the_keys_that_judges_ask_for() -> None:
    text = (ROOT / ".env.example").read_text()
    for judge in (each for each in ready.ready_evaluators() if each.keys):
        for provider in KEYS:
            for name in ready.variables(judge, {judge.keys: f"{provider}/name"}):
                assert f"# {name}=" in text


def test_the_page_on_models_names_the_keys_and_the_variables() -> None:
    """Each variable, and the setting that it stands for."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", section("Keys"), re.MULTILINE)
    assert {provider: tuple(re.findall("`(.+?)`", names)) for provider, names in rows} == KEYS
    rows = re.findall(r"^\| `(\w+)` \| `([\w.]+)`", section("Variables"), re.MULTILINE)
    assert dict(rows) == VARIABLES


def test_the_page_on_logging_names_every_field_of_a_call() -> None:
    """AM-96."""
    question = record.Question("propose", 1, [{"role": "user", "content": "?"}])
    call = record.begun(question, "key", "a/b", {"temperature": 0.3})
    reply = Reply("x", "stop", 1, 1, 0, True, None, "id", "served")
    call |= record.response(Model("a/b"), reply) | record.sums([]) | {"seconds": 1.0}
    table = section("calls.jsonl", LOGGING)
    assert sorted(name for names in first_cells(table) for name in names) == sorted(call)
    attempt = record.attempt(Request(Model("a/b"), question.messages, 0.3, None, 1.0)) | record.usage(reply)
    told = re.findall("`(.+?)`", next(line for line in table.splitlines() if line.startswith("| `attempts`")))
    assert sorted(told) == sorted({"attempts", "http_status", "seconds", *attempt})
    said = next(line for line in table.splitlines() if line.startswith("| `response`"))
    assert all(f"`{name}`" in said for name in call["response"])
    assert as_json(call)


def test_the_page_on_logging_has_an_example_of_every_command_and_names_every_attribute() -> None:
    """AM-96: and the settings, with their variables; its examples are ones that the commands take."""
    examples = re.findall(r"(?m)^autoresearch logs (\w+)([^#\n]*)", section("Looking", LOGGING))
    assert {name for name, _ in examples} == set(logs.lines)
    for name, options in examples:
        known = logs.get_command(click.Context(logs), name)
        assert known is not None
        takes = {flag for option in known.params for flag in option.opts}
        assert set(re.findall(r"(?<= )--?[a-z-]+", options)) <= takes, name
    rows = re.findall(r"^\| `(logs\.\w+)` \| `(\w+)` \|", LOGGING, re.MULTILINE)
    assert {variable: key for key, variable in rows} == {
        variable: key for variable, key in VARIABLES.items() if key.startswith("logs.")
    }
    source = (ROOT / "autoresearch" / "calls" / "otel.py").read_text()
    for name in re.findall(r'"(gen_ai\.[\w.]+|error\.type)"', source):
        assert name == "gen_ai.agent.name" or f"`{name}`" in section("OpenTelemetry", LOGGING), name
