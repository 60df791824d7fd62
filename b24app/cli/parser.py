"""The parser of the command line, whose help and errors are in the language of this process.

argparse composes its own messages in English: they are recognised by their patterns and said
again. https://docs.python.org/3/library/argparse.html
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from b24app.cli.language import say
from sync.sentences import Sentence, as_sentence, sentence

# argparse's message -> ours; the groups are the values, by name.
_ERRORS: tuple[tuple[str, str], ...] = (
    (r"argument (?P<name>.+?): (?P<why>.+)", "argument {name}: {why}"),
    (r"the following arguments are required: (?P<names>.+)", "these are missing: {names}"),
    (
        r"invalid choice: (?P<value>.+) \(choose from (?P<names>.+)\)",
        "{value} is none of these: {names}",
    ),
    (r"invalid \w+ value: (?P<value>.+)", "{value} is not a whole number"),
    (r"expected one argument", "needs a value"),
    (r"expected at least one argument", "needs at least one value"),
    (r"expected (?P<amount>\d+) arguments", "needs {amount} values"),
    (r"not allowed with argument (?P<name>.+)", "does not go together with {name}"),
    (r"ignored explicit argument (?P<value>.+)", "takes no value"),
    (r"unrecognized arguments: (?P<listed>.+)", "unrecognized arguments: {listed}"),
    (
        r"ambiguous option: (?P<name>.+) could match (?P<names>.+)",
        "{name} may be any of: {names}",
    ),
)


# Tokens of GitLab and YouTrack by their prefixes, pasted where they do not belong.
# https://docs.gitlab.com/security/tokens/#token-prefixes
_SECRETS = re.compile(r"\bgl[a-z]{2,8}-[\w.-]{8,}|\bwhsec_[\w+/=]+|\bperm[:-][\w.=-]{8,}")


def hide_secrets(text: str) -> str:
    """Return a line without the tokens that somebody pasted into a command."""
    return _SECRETS.sub("***", text)


class Parser(argparse.ArgumentParser):
    """A parser that speaks the language of this process."""

    def __init__(self, **options: Any) -> None:
        """Translate the description, and leave `-h` to ourselves."""
        options["description"] = say(options.get("description") or "")
        ours = {"add_help": False, "formatter_class": _Formatter, "exit_on_error": False}
        super().__init__(**options | ours)
        super().add_argument("-h", "--help", action="help", help="show this help message and exit")
        self._positionals.title = say("positional arguments")
        self._optionals.title = say("options")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; a value that is refused is said with the sentence of who refused it."""
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            why = _meaning(error.message)
            if error.argument_name is None:
                self.error(why)
            self.error(sentence("argument {name}: {why}", name=error.argument_name, why=why))

    def error(self, message: str) -> NoReturn:
        """Print the usage and what is wrong; exit with 2."""
        self.print_usage()
        text = sentence("{program}: error: {message}", program=self.prog, message=_meaning(message))
        self.exit(2, f"{hide_secrets(say(text))}\n")

    def print_usage(self, file: Any = None) -> None:
        """Print the usage to standard error, as argparse does before an error."""
        super().print_usage(file or sys.stderr)


class _Formatter(argparse.HelpFormatter):
    """Says `usage:` and the help of arguments in the language of this process."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage with our own word before it."""
        super().add_usage(usage, actions, groups, say("usage: ") if prefix is None else prefix)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        """Return the help of an argument, where argparse asks for it."""
        return say(action.help) if action.help else action.help


def _meaning(message: str) -> Sentence:
    """Return argparse's message as a sentence of ours, a sentence of ours as it is."""
    if isinstance(message, Sentence):
        return message
    for pattern, template in _ERRORS:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            values = match.groupdict()
            if "why" in values:
                return sentence(template, name=values["name"], why=_meaning(values["why"]))
            return Sentence(template, values)
    return as_sentence(message)
