"""What each stage of a sample does, and the record that it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.matching import Judged
from autoresearch.core.suite import Case, Parameters
from autoresearch.suites import keys
from autoresearch.suites.asking import Ask, Crowd
from autoresearch.suites.custom_scoring import USUAL, NotScored, by_command, by_python
from autoresearch.suites.execute import Executors
from autoresearch.suites.judging import Judgement, Unreadable, judge
from autoresearch.suites.outcomes import Stage, View
from autoresearch.suites.runner import USUAL_STEP, Limits, Runners, Work
from autoresearch.suites.running import Act
from autoresearch.suites.store import Record


@dataclass
class Acts:
    """The stages of one run. `executors` run programs; `runners` the suite's Python, `scorers` that of a
    match, by file; `timeout` in seconds for a sample."""

    view: View
    crowd: Crowd
    executors: Executors | None
    runners: Runners | None
    scorers: Mapping[str, Runners]
    environ: Mapping[str, str]
    timeout: float | None

    @property
    def all(self) -> dict[Stage, Act]:
        """Each stage's."""
        return {"generate": self.generate, "run": self.run, "execute": self.execute, "score": self.score}

    def generate(self, number: int, key: str) -> None:
        """Ask the model."""
        asked = self.view.eval.of_model(self.view.eval.samples[number].model)
        messages = self.view.messages(self.view.case(number))
        self._ask(number, key, "generate", (asked.model, messages, asked.parameters))

    def run(self, number: int, key: str) -> None:
        """Bring the sample through its runner, which asks the model through us."""
        if self.runners is None:
            raise AssertionError("a suite without a runner has no such stage")
        sample, case, one = self.view.eval.samples[number], self.view.case(number), self.view.eval
        asked = one.of_model(sample.model)
        tries = [each for each in self.view.records.of(key) if each.kind == "run"]
        paid: list[Record] = []

        def ask(
            messages: Sequence[Mapping[str, str]], given: Mapping[str, Any], ordinal: int
        ) -> dict[str, Any]:
            parameters = with_given(asked.parameters, given)
            draw = (one.draw, one.offset + sample.index, len(tries), ordinal)
            its = keys.of_answer(messages, asked.model, parameters, draw)
            record = self.view.records.good(its, "call")
            record = record or self._ask(number, its, "run", (asked.model, messages, parameters))
            paid.append(record)
            body = record.body
            return (
                {"text": body["text"]} if record.good else {"error": body["error"], "reason": body["reason"]}
            )

        old = tries[-1].body.get("context") if tries else None
        work = Work(
            case.input,
            case.id,
            sample.model,
            sample.index,
            dict(case.fields),
            case.targets,
            dict(one.arguments),
            old,
        )
        limit = self.timeout or one.suite.timeout
        ran = self.runners.run(work, Limits(min(USUAL_STEP, limit or USUAL_STEP), limit), ask)
        body = asdict(ran) | _sums(paid)
        self.view.records.write("run", key, body, good=not ran.reason)

    def execute(self, number: int, key: str) -> None:
        """Run the tests of the answer."""
        answer, case = self.view.answer(number), self.view.case(number)
        if answer is None or self.executors is None:
            raise AssertionError("no answer, no test")
        results = self.executors.run(answer.value, case.tests, case.files, self.view.eval.suite.execution)
        self.view.records.write("execute", key, {"results": [asdict(each) for each in results]}, good=True)

    def score(self, number: int, key: str) -> None:
        """Have the answer judged by what is more than comparing."""
        answer, case = self.view.answer(number), self.view.case(number)
        try:
            judged = self._judged(number, case, answer.value if answer else None)
        except (NotScored, Unreadable) as error:
            body = {"reason": "scorer", "error": str(error)}
            self.view.records.write("score", key, body, good=False)
        else:
            self.view.records.write("score", key, asdict(judged), good=True)

    def _judged(self, number: int, case: Case, answer: Any) -> Judged:
        match, suite = self.view.match(case), self.view.eval.suite
        limit = float(match.options.get("timeout", USUAL))
        told = {
            "id": case.id,
            "input": case.input,
            "targets": list(case.targets),
            "fields": dict(case.fields),
        }
        if match.kind == "python":
            return by_python(self.scorers[str(match.options.get("file"))], answer, told, limit)
        if match.kind == "command":
            sample = self.view.eval.samples[number]
            told = {**told, "case": case.id, "model": sample.model, "answer": answer}
            command = str(match.options.get("command", ""))
            return by_command(command, told, cwd=self.view.base, environ=self.environ, limit=limit)
        if suite.judge is None:
            raise AutoresearchError(
                f"{suite.path}: nobody judges", 'name a model: judge = "openrouter/vendor/name"'
            )
        question = "\n\n".join(message["content"] for message in self.view.messages(case))
        return judge(self.crowd, suite.judge, Judgement(suite.name, case, match, question, str(answer)))

    def _ask(
        self, number: int, key: str, stage: str, asked: tuple[Model, Sequence[Mapping[str, str]], Parameters]
    ) -> Record:
        model, messages, parameters = asked
        one, sample = self.view.eval, self.view.eval.samples[number]
        context = {"eval": one.name, "sample": number, "case": sample.case, "index": sample.index}
        limit = self.timeout or one.suite.timeout
        return self.crowd.ask(Ask(model, messages, parameters, key, stage, one.name, context, limit))


def with_given(parameters: Parameters, given: Mapping[str, Any]) -> Parameters:
    """Parameters, with those that a runner gave for one request."""
    own = {name: given[name] for name in ("temperature", "max_tokens") if name in given}
    stop = given.get("stop")
    own |= {"stop": tuple([stop] if isinstance(stop, str) else stop)} if stop is not None else {}
    more = {name: value for name, value in given.items() if name not in ("temperature", "max_tokens", "stop")}
    return replace(parameters, options={**parameters.options, **more}, **own)


def scorer_files(view: View) -> list[str]:
    """The Python files that answers are scored by."""
    matches = {
        view.match(case).options.get("file")
        for case in view.eval.suite.cases
        if view.match(case).kind == "python"
    }
    return sorted(str(name) for name in matches if name)


def _sums(paid: Sequence[Record]) -> dict[str, Any]:
    """What the calls of a runner have cost."""
    costs = [each.body["cost_usd"] for each in paid if each.body.get("cost_usd") is not None]
    tokens = [each.body["tokens"] for each in paid if each.body.get("tokens") is not None]
    return {"cost_usd": sum(costs) if costs else None, "tokens": sum(tokens) if tokens else None}
