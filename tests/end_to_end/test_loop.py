"""The main job, from nothing to kept work, as a user does it."""

from tests.conftest import Project


def test_ideas_are_tried_kept_or_reset_and_every_one_has_a_row(project: Project) -> None:
    """AR-10, AR-11, AR-15: a baseline first; then keep, discard and crash, each with its reason."""
    before = project.fingerprint()
    assert project.new().code == 0
    broken = {"idea": "broken", "files": {"knob.py": "x = oops\n"}}
    done = project.run("run", "--loop", *project.ideas("2", "5", broken, "1"))
    assert done.code == 0, done.err
    rows = [(row["status"], row["reason"], row["metric"]) for row in project.trials()]
    assert rows == [
        ("keep", "baseline", 9.0),
        ("keep", "unconfirmed", 4.0),
        ("discard", "not_better", 25.0),
        ("crash", "exit_code", None),
        ("keep", "unconfirmed", 1.0),
    ]
    assert project.git("show", "heads/autoresearch/engineering/knob:knob.py") == "x = 1"
    assert project.fingerprint() == before
