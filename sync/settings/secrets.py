"""Secrets by reference: read from an environment variable or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.sentences import sentence
from sync.settings.model import Secret


class UnresolvedSecret(Exception):
    """The place of a secret holds none. The text names the place only."""


def resolve(secret: Secret, environ: Mapping[str, str]) -> str:
    """Return the secret without surrounding white space; "" for one that the database has.

    Raises UnresolvedSecret.
    """
    if secret.stored:
        return ""
    if secret.env is not None:
        value, place = (
            environ.get(secret.env, ""),
            sentence("the environment variable {env}", env=secret.env),
        )
    else:
        value, place = _read_file(str(secret.file)), sentence("the file {file}", file=secret.file)
    if not value.strip():
        raise UnresolvedSecret(sentence("{place} is not set or empty", place=place))
    if not can_be_token(value.strip()):
        raise UnresolvedSecret(
            sentence(
                "{place} holds no token: tokens are letters of English, digits and signs",
                place=place,
            )
        )
    return value.strip()


def can_be_token(text: str) -> bool:
    """Tell whether a text can stand in a header: what was typed in another alphabet cannot.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    """
    return text.isascii() and text.isprintable() and " " not in text


def _read_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UnresolvedSecret(
            sentence("the file {path} cannot be read: {why}", path=path, why=why)
        ) from None
