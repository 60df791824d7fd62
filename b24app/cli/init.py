"""`init`: the environment file and the settings file, commented, from answers or arguments."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from urllib.parse import urlsplit

from b24app.cli.context import print_lines, print_problems
from b24app.cli.environment import FILE_NAME, SETTINGS_NAME, config_folder
from b24app.cli.language import current_language, say
from b24app.cli.variables import VARIABLES
from sync.config_values import parse_web_address
from sync.sentences import as_sentence, as_text, sentence
from sync.settings.example import example_text
from sync.version import package_version

_IN_WHOSE_NAME = (
    "Whoever installs the application in Bitrix24 becomes an observer of every linked task and the",
    "author of every card. Install it as a technical account, an employee such as “GitLab”;",
    "with `author: bot` in the settings a bot writes in chats instead.",
)
_PROJECT = re.compile(r"[\w.-]+(/[\w.-]+)*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the files are written from; "" where nothing was answered."""

    public_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    portal: str = ""
    gitlab_url: str = ""
    projects: tuple[str, ...] = ()


def run(args: argparse.Namespace) -> int:
    """Write both files; one that exists stays, unless its overwriting is agreed to."""
    folder = Path(args.folder).expanduser() if args.folder else config_folder(os.environ)
    asks = not args.no_input and sys.stdin.isatty()
    print_lines(*_IN_WHOSE_NAME, "")
    try:
        answers = _collect_answers(args, asks)
    except ValueError as error:
        print_problems(as_text(error))
        return 1
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    files = (
        (folder / FILE_NAME, environment_text(answers), 0o600),
        (folder / SETTINGS_NAME, settings_text(answers), 0o644),
    )
    kept = [path for path, text, mode in files if not _write(path, text, mode, args, asks)]
    print_lines("", *next_steps(answers, folder))
    return 1 if kept else 0


def environment_text(answers: Answers) -> str:
    """Return the environment file: what was answered is in force, all else is a comment."""
    values = {
        "B24BRIDGE_PUBLIC_URL": answers.public_url,
        "B24BRIDGE_CLIENT_ID": answers.client_id,
        "B24BRIDGE_CLIENT_SECRET": answers.client_secret,
        "B24BRIDGE_TRUSTED_PROXIES": "1" if answers.public_url.startswith("https://") else "",
    }
    lines = [
        sentence(
            "# The environment of b24bridge {version}: read by the service and by every",
            version=package_version(),
        ),
        "# `b24bridge` command. What begins with # is not in force. It holds a secret: keep it to",
        "# the account that runs b24bridge.",
    ]
    for variable in VARIABLES:
        if variable.name == "B24BRIDGE_ENV_FILE":
            continue
        default = (
            sentence(" (default: {default})", default=as_sentence(variable.default))
            if variable.default
            else ""
        )
        value = values.get(variable.name, "")
        assignment = f"{variable.name}={value}" if value else f"#{variable.name}="
        lines += ["", f"# {say(variable.meaning)}{say(default)}", assignment]
    return "\n".join(map(say, lines)) + "\n"


def settings_text(answers: Answers) -> str:
    """Return the settings file: an example in the language of the command, with the answers."""
    return example_text(
        portal=answers.portal,
        language=current_language(),
        gitlab_url=answers.gitlab_url,
        projects=answers.projects,
    )


def next_steps(answers: Answers, folder: Path) -> list[str]:
    """Return what is to be done after the files are written."""
    address = answers.public_url or "https://YOUR-ADDRESS"
    missing = not (answers.client_id and answers.client_secret)
    steps = [
        "In Bitrix24: Developer resources → Other → Local application, “server”,",
        sentence("  handler path {address}/b24/app", address=address),
        sentence("  initial installation path {address}/b24/install", address=address),
        "  rights task, tasks, im, user_basic, placement",
    ]
    steps += (
        [sentence("  then put its id and secret into {folder}", folder=folder / FILE_NAME)]
        if missing
        else []
    )
    steps += [
        "b24bridge serve, or start the service; then open the application in Bitrix24",
        sentence("b24bridge settings apply {folder}", folder=folder / SETTINGS_NAME),
        "b24bridge gitlab token gitlab, then b24bridge gitlab hooks gitlab",
    ]
    return ["Next:", *steps]


def _collect_answers(args: argparse.Namespace, asks: bool) -> Answers:
    """Return what the arguments say, asked for where they do not. Raises ValueError."""
    given = {
        "public_url": args.public_url,
        "client_id": args.client_id,
        "portal": args.portal,
        "gitlab_url": args.gitlab_url,
    }
    texts: dict[str, str] = {}
    client_secret = ""
    for name, question, check in _QUESTIONS:
        if given[name] is not None:
            texts[name] = _checked(f"--{name.replace('_', '-')}", given[name], check)
        else:
            texts[name] = _ask(question, check) if asks else ""
        if name == "client_id":  # Bitrix24 shows both side by side
            asks_secret = asks and bool(texts["client_id"])
            client_secret = _read_secret(args.client_secret_file, asks_secret)
    return Answers(
        **texts,
        client_secret=client_secret,
        projects=tuple(_checked("--project", word, _check_projects) for word in args.project)
        or _ask_projects(asks and bool(texts["gitlab_url"])),
    )


def _checked(name: str, text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text.strip())
    except ValueError as error:
        raise ValueError(sentence("{name}: {error}", name=name, error=error)) from None


def _ask(question: str, check: Callable[[str], str]) -> str:
    """Ask until the answer is right or empty."""
    while answer := input(f"{say(question)}: ").strip():
        try:
            return check(answer)
        except ValueError as error:
            print_lines(sentence("  It {error}.", error=error))
    return ""


def _read_secret(file: str | None, asks: bool) -> str:
    """Return the secret of a file, or one that is typed and never shown."""
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or as_sentence("it is not UTF-8 text")
            raise ValueError(
                sentence("--client-secret-file: {reason}", reason=reason)
            ) from None  # never its name
    return getpass(say("The application's secret (it is not shown): ")).strip() if asks else ""


def _ask_projects(asks: bool) -> tuple[str, ...]:
    question = "Projects in GitLab, such as acme/shop acme/site"
    return tuple((_ask(question, _check_projects) if asks else "").split())


def _check_projects(text: str) -> str:
    """Return paths or numbers with a blank between them. Raises ValueError."""
    words = text.replace(",", " ").split()
    if not all(_PROJECT.fullmatch(word) for word in words):
        raise ValueError("must be paths like group/project, or numeric ids")
    return " ".join(words)


def _check_public_url(text: str) -> str:
    address = parse_web_address(text)
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("must begin with https://: Bitrix24 opens and calls nothing else")
    return address


def _check_client_id(text: str) -> str:
    if not text.startswith(("local.", "app.")):
        raise ValueError("must begin with local. (a local application) or app. (the Market)")
    return text


def _check_domain(text: str) -> str:
    """Return the domain; a word without a dot is more often a secret. Raises ValueError."""
    domain = urlsplit(text if "://" in text else f"https://{text}").netloc
    if not domain or "@" in domain or not re.search("[.:]", text):
        raise ValueError("must be a domain such as acme.bitrix24.com")
    return domain


_QUESTIONS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("public_url", "The public address of this service (https://…)", _check_public_url),
    ("client_id", "The application's id in Bitrix24 (local.…; empty: later)", _check_client_id),
    ("portal", "The portal's domain (acme.bitrix24.com; empty: later)", _check_domain),
    ("gitlab_url", "GitLab's address (https://…; empty: later)", parse_web_address),
)


def _write(path: Path, text: str, mode: int, args: argparse.Namespace, asks: bool) -> bool:
    """Write a file as a whole; return whether it was written."""
    if path.exists() and not args.overwrite:
        if not asks:
            print_problems(
                sentence("{path} exists and stays as it is; --overwrite replaces it", path=path)
            )
            return False
        if input(
            say(sentence("{path} exists. Overwrite it? [y/N] ", path=path))
        ).strip().lower() not in ("y", "yes"):
            print_lines(sentence("{path} stays as it is.", path=path))
            return False
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, mode)
    Path(name).replace(path)
    print_lines(sentence("{path} was written.", path=path))
    return True
