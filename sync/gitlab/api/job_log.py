"""The last lines of a job's log for people: no colours, no sections, no secrets. Pure.

https://docs.gitlab.com/ci/jobs/job_logs/
"""

from __future__ import annotations

import re

from sync.gitlab.json_fields import text
from sync.log import MASK, mask_value

MAX_LINES = 15
MAX_CHARACTERS = 1500

# Colours and cursor movements: https://ecma-international.org/publications-and-standards/standards/ecma-48/
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_SECTION = re.compile(r"section_(?:start|end):[0-9]+:[^\r\n\x1b ]*\r?")
# `FF_TIMESTAMPS` writes a moment, the stream's number and O or E; `+` continues the line before.
_TIMESTAMP = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z [0-9a-f]{2}[OE]\+? ?", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PRIVATE_KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
)
_CUT_PRIVATE_KEY = re.compile(r"\A.*-----END [A-Z ]*PRIVATE KEY-----", re.S)  # begun before the cut
_TOKENS = re.compile(
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|sk-[\w-]{20,}|AIza[\w-]{35}|npm_\w{36}|pypi-[\w-]{40,}|dckr_[po]at_[\w-]{20,}|hf_\w{30,}"
    r"|[0-9]{8,10}:AA[\w-]{30,}|y[0-3]_[\w-]{30,}|AQVN[\w-]{30,}|t1\.[\w-]{20,}={0,2}\.[\w-]{40,})"
)
# Webhook addresses that are secrets, and tokens before an @. The group that is kept stands first.
_URL_SECRETS = re.compile(
    r"(?i)(/rest/[0-9]+/)\w{8,}|(://)[\w-]{20,}(?=@)"
    r"|(hooks\.slack\.com/services/|/api/webhooks/[0-9]+/)[\w/-]+"
)
_OPTION_SECRETS = re.compile(
    r"(?i)((?<![\w-])--?[\w-]{0,30}(?:token|secret|passw(?:or)?d|passphrase|pass|api-?key)"
    r"(?:[ \t]+|=)[\"']?|(?<![\w-])(?:-u|--user)[ =][\"']?[^\s:\"']{1,200}:"
    r"|\bmysql\w*[^\n]{0,200}?\s-p|\bdocker login[^\n]{0,200}?\s-p[ \t]*)[^\s\"']+"
)
_NAMED_SECRETS = re.compile(
    r"(?i)(\b(?:\w{0,60}(?:token|secret|passw(?:or)?d|passphrase|api_?key|access_?key|private_?key"
    r"|credential)\w{0,60}|\w{1,60}_(?:pass|pwd|dsn|auth))[\"']?[ \t]*[=:][ \t]*[\"']?)"
    r"(?:(?<=\")[^\"\n]+|(?<=')[^'\n]+|[^\s\"'&]+)"
)


def last_lines(trace: bytes) -> str:
    """Return the last MAX_LINES lines (MAX_CHARACTERS at most) of `trace`; "" for an empty one.

    Whoever cut the trace also drops its first, incomplete line.
    """
    plain = _TIMESTAMP.sub("", text(trace.decode("utf-8", "replace")))
    plain = _ANSI.sub("", _SECTION.sub("", plain))
    rendered = (_rendered_line(line) for line in mask_secrets(plain).split("\n"))
    lines = [line for line in rendered if line.strip()]
    return "\n".join(lines[-MAX_LINES:])[-MAX_CHARACTERS:]


def mask_secrets(log: str) -> str:
    """Mask everything in `log` that looks like a secret, whatever variable it came from."""
    log = _TOKENS.sub(MASK, _CUT_PRIVATE_KEY.sub(MASK, _PRIVATE_KEYS.sub(MASK, log)))
    log = _URL_SECRETS.sub(lambda match: f"{match[match.lastindex or 0]}{MASK}", log)
    log = _OPTION_SECRETS.sub(rf"\g<1>{MASK}", log)
    return _NAMED_SECRETS.sub(rf"\g<1>{MASK}", str(mask_value(log)))


def _rendered_line(line: str) -> str:
    """Return a line as a terminal shows it: the text after the last carriage return."""
    return _CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip()
