"""The environment file: where it is, and what it adds to the environment of a command.

The service unit reads the same file, so that a command called in a shell knows what the service
knows. A variable that is set in the environment wins over the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sync.config import SYSTEM_DATA_DIR, ConfigError, default_data_dir, user_folder
from sync.sentences import as_sentence, sentence

FILE_NAME = "b24bridge.env"
SETTINGS_NAME = "settings.yaml"
SYSTEM_FOLDER = Path("/etc/b24bridge")
_VARIABLE = "B24BRIDGE_ENV_FILE"


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the environment file where none is named.

    The system's where the data folder is the system's, the user's own elsewhere.
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if default_data_dir(environ) == SYSTEM_DATA_DIR:
        return SYSTEM_FOLDER
    return user_folder(environ, "XDG_CONFIG_HOME", ".config")


def environment_file(environ: Mapping[str, str]) -> Path:
    """Return the environment file, which need not exist."""
    named = environ.get(_VARIABLE, "").strip()
    return Path(named).expanduser() if named else config_folder(environ) / FILE_NAME


def missing_values(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment file says of variables that are not set.

    Raises ConfigError where the file was named and is missing, cannot be read, or has a line that
    is no assignment. The usual file of another account is left alone where it cannot be read.
    """
    file = environment_file(environ)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        if environ.get(_VARIABLE, "").strip():
            raise ConfigError(
                [
                    sentence(
                        "{name}: {file}: {why}",
                        name=_VARIABLE,
                        file=file,
                        why=as_sentence(os.strerror(error.errno or 0)),
                    )
                ]
            ) from None
        return {}
    except UnicodeDecodeError:
        raise ConfigError([sentence("{file} is not UTF-8 text", file=file)]) from None
    return {name: value for name, value in parse(text, file).items() if name not in environ}


def parse(text: str, file: Path) -> dict[str, str]:
    """Return the assignments of an environment file, in the form that systemd reads too.

    Raises ConfigError, which names lines and never a value.
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        name, sign, value = content.partition("=")
        if sign and name.isascii() and name.isidentifier():
            values[name] = _unquoted(value.strip())
        else:
            problems.append(
                sentence(
                    "{file}, line {number}: is not of the form NAME=value", file=file, number=number
                )
            )
    if problems:
        raise ConfigError(problems)
    return values


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
