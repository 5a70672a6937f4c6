"""Groups of commands whose modules are imported when they are called: help needs none of them."""

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """Commands by purpose (title -> name -> help line). Each is `command` in the module of `package` that has
    its name. `aliases` are names that no help shows -> `module:name`. Without a command it shows its help."""

    def __init__(
        self,
        *args: Any,
        groups: Mapping[str, Mapping[str, str]],
        package: str,
        aliases: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.groups = groups
        self.package = package
        self.aliases = aliases or {}
        self.lines = {name: line for commands in groups.values() for name, line in commands.items()}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.lines)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in {**self.lines, **self.aliases}:
            return None
        name, _, attribute = self.aliases.get(cmd_name, cmd_name).partition(":")
        module = importlib.import_module(f"{self.package}.{name}")
        command: click.Command = getattr(module, attribute or "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in {**self.lines, **self.aliases}:
            near = difflib.get_close_matches(args[0], self.lines, n=1)
            ctx.fail(f"no command {args[0]!r}{f'; did you mean {near[0]!r}?' if near else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in self.groups.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


def late(module: str) -> Any:
    """A module of ours that is imported only now: what it needs may be missing."""
    return importlib.import_module(module)
