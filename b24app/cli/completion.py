"""`completion SHELL`: a script that completes subcommands and options, made from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from b24app.cli.context import print_lines

Words = dict[tuple[str, ...], list[str]]

_BASH = """\
# bash completion of b24bridge: eval "$(b24bridge completion bash)"
_b24bridge() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" path="" index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path ${{COMP_WORDS[index]}}" in
{steps}        esac
    done
    local words=""
    case "$path" in
{words}    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    if [[ -z "$words" || "$word" != -* && ${{#COMPREPLY[@]}} -eq 0 ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -F _b24bridge b24bridge
"""
_ZSH = """\
# zsh completion of b24bridge: eval "$(b24bridge completion zsh)"
autoload -U +X bashcompinit && bashcompinit
"""


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from b24app.cli import build_parser

    words = dict(_command_words(build_parser()))
    print_lines({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](words).rstrip("\n"))
    return 0


def bash(words: Words) -> str:
    """Return the script for bash."""
    steps = "".join(
        f'            "{" ".join(("", *path))}") path="{" ".join(("", *path))}" ;;\n'
        for path in words
        if path
    )
    cases = "".join(
        f'        "{" ".join(("", *path)).rstrip()}") words="{" ".join(options)}" ;;\n'
        for path, options in words.items()
    )
    return _BASH.format(steps=steps, words=cases)


def zsh(words: Words) -> str:
    """Return the script for zsh, which reads that of bash."""
    return _ZSH + bash(words)


def fish(words: Words) -> str:
    """Return the script for fish."""
    lines = ["# fish completion of b24bridge: b24bridge completion fish | source"]
    for path, options in words.items():
        children = " ".join(word for word in options if not word.startswith("-"))
        conditions = [f"__fish_seen_subcommand_from {name}" for name in path]
        condition = "; and ".join(conditions) if conditions else "__fish_use_subcommand"
        if children:
            lines.append(f"complete -c b24bridge -f -n '{condition}' -a '{children}'")
        lines += [
            f"complete -c b24bridge -n '{condition}' -l {word[2:]}"
            for word in options
            if word.startswith("--")
        ]
    return "\n".join(lines) + "\n"


def _command_words(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield each path of subcommands with the words that may follow it."""
    options: list[str] = []
    below: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:
        options += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            below += action.choices.items()
        elif action.choices and not action.option_strings:
            options += map(str, action.choices)
    yield path, [*(name for name, _ in below), *options]
    for name, subparser in below:
        yield from _command_words(subparser, (*path, name))
