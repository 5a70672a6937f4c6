"""A runner: what is done with each sample. Each of these may be async; docs/suites.md says what `run` has."""


def setup(run):
    run.context = [{"role": "user", "content": run.data["question"] + " Answer with a number."}]


def step(run):
    """Once more as long as this returns true."""
    run.answer = run.ask().strip()
    run.log({"tokens asked": len(run.context)})
    return False


def evaluate(run):
    return CORRECT if run.answer == run.data["answer"] else INCORRECT  # noqa: F821 - given by autoresearch
