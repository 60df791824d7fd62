"""What stands in the way of a write: spam, a captcha, a lock, too many requests. Switches.

    gitlab.issues.obstacles.spam = True           # 400 on issues that are written
    gitlab.issues.obstacles.captcha = True        # 409 that asks for one
    gitlab.issues.obstacles.note_spam = True      # 400 on comments that are written
    gitlab.issues.obstacles.resource_lock = 2     # so many writes get 409 Resource lock
    gitlab.issues.obstacles.notes_per_minute = 300, .issues_per_minute = None
https://docs.gitlab.com/api/issues/ ; https://docs.gitlab.com/administration/settings/
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tests.emulators.gitlab.entities import User
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import ApiError

TOO_OFTEN = "This endpoint has been requested too many times. Try again later."
CAPTCHA = (
    "Your issue has been recognized as spam. Please, change the content or solve the reCAPTCHA "
    "to proceed."
)
SPAM = "Your issue has been recognized as spam and has been discarded."
NOTE_SPAM = (
    '400 Bad request - Note {:base=>["Your note has been recognized as spam. Please, change the '
    'content or solve the reCAPTCHA to proceed."]}'
)


@dataclass
class Obstacles:
    state: State
    spam: bool = False
    captcha: bool = False
    note_spam: bool = False
    resource_lock: int = 0
    notes_per_minute: int | None = 300
    issues_per_minute: int | None = None
    _sent: dict[tuple[str, int, int], int] = field(default_factory=lambda: defaultdict(int))

    def check_spam(self, solved: str) -> None:
        """`solved`: the header with the answer to the captcha."""
        if self.captcha and not solved:
            raise ApiError(
                409,
                {
                    "needs_captcha_response": True,
                    "spam_log_id": 1,
                    "captcha_site_key": "emulated-site-key",
                    "message": {"error": CAPTCHA},
                },
            )
        if self.spam:
            raise ApiError(400, {"message": {"error": SPAM}})

    def check_note_spam(self) -> None:
        """A comment asks for a captcha in words alone: Notes::CreateService and UpdateService."""
        if self.note_spam:
            raise ApiError(400, {"message": NOTE_SPAM})

    def check_lock(self) -> None:
        if self.resource_lock > 0:
            self.resource_lock -= 1
            raise ApiError(409, {"message": "409 Conflict: Resource lock"})

    def check_rate(self, what: str, user: User) -> None:
        """`what`: notes or issues."""
        limit = self.notes_per_minute if what == "notes" else self.issues_per_minute
        key = (what, user.id, int(self.state.now().timestamp()) // 60)
        self._sent[key] += 1
        if limit is not None and self._sent[key] > limit:
            raise ApiError(429, {"message": {"error": TOO_OFTEN}})
