"""The language of a command's output: asked for, of the environment, or English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from b24app.texts import translate_with_iso

VARIABLE = "B24BRIDGE_LANGUAGE"
LANGUAGES = ("en", "ru")
_OPTION = "--language"
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
_chosen = ["en"]  # of this process: a command speaks one language


def choose_language(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return "en" or "ru": what stands before the command, else what the environment prefers.

    LANGUAGE counts only where a locale is set, as for gettext:
    https://www.gnu.org/software/gettext/manual/html_node/Locale-Environment-Variables.html
    """
    asked = _option(argv) or environ.get(VARIABLE, "").strip().lower()
    if asked in LANGUAGES:
        return asked
    locale = next((environ[name] for name in _LOCALES if environ.get(name)), "")
    if _code(locale) in ("", "c", "posix"):
        return "en"
    wanted = [*environ.get("LANGUAGE", "").split(":"), locale]
    return next((_code(name) for name in wanted if _code(name) in LANGUAGES), "en")


def set_language(language: str) -> None:
    """Let this process speak a language from now on."""
    _chosen[0] = language


def current_language() -> str:
    """Return the language of this process."""
    return _chosen[0]


def say(text: str) -> str:
    """Return a sentence in the language of this process; what is no sentence of ours as it is."""
    return translate_with_iso(current_language(), text)


def _option(argv: Sequence[str]) -> str:
    """Return the value of the option before the command, "" where it is not there."""
    for number, word in enumerate(argv):
        if word.startswith(f"{_OPTION}="):
            return word.partition("=")[2].lower()
        if word == _OPTION:
            return (argv[number + 1] if len(argv) > number + 1 else "").lower()
        if not word.startswith("-"):
            break
    return ""


def _code(locale: str) -> str:
    """Return the language of a locale such as `ru_RU.UTF-8`."""
    return locale.partition(".")[0].partition("_")[0].partition("@")[0].strip().lower()
