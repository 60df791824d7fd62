"""Each row of the table of failures in a project that has this trouble, as its log says it.

One pipeline has a job a code: the same component, included once for each.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field

from tests.component.checkout import COLOUR, Checkout
from tests.component.refusals import Refusal, refused, refusing
from tests.component.world import World
from tests.depth import sample


@dataclass(frozen=True)
class Trouble:
    """`inputs` and `variables` of the job; `{0}` in them is the address of what refuses, `{1}` the
    job's name, `{2}` the portal's webhook, `{3}` an address where nobody listens.
    """

    refusal: Refusal | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    webhook: str = "{0}/rest/1/{1}/"
    id_token: str = "eyJ.id.token"
    is_marked: bool = True


def by_portal(status: int, code: str, **more: bool) -> Trouble:
    return Trouble(refused(status, code), **more)


def by_part(code: str, *, is_marked: bool = False) -> Trouble:
    return Trouble(Refusal(part=code), is_marked=is_marked)


def by_app(refusal: Refusal) -> Trouble:
    return Trouble(refusal, {"deliver": "app", "app-url": "{0}/{1}"})


def by_word(prefix: str, **inputs: str) -> Trouble:
    """Another prefix, by which the commit names another task of the portal itself."""
    return Trouble(inputs={"task-prefix": prefix, **inputs}, webhook="{2}", is_marked=False)


TROUBLES = {
    "NO_WEBHOOK": Trouble(webhook=""),
    "WRONG_WEBHOOK": Trouble(webhook="https://portal.test/crm/"),
    "INVALID_CREDENTIALS": by_portal(401, "INVALID_CREDENTIALS"),
    "NO_AUTH_FOUND": by_portal(401, "NO_AUTH_FOUND"),
    "INVALID_TOKEN": by_portal(401, "INVALID_TOKEN"),
    "expired_token": by_portal(401, "expired_token"),
    "AUTHORIZATION_ERROR": by_portal(401, "AUTHORIZATION_ERROR"),
    "APPLICATION_NOT_FOUND": by_portal(401, "APPLICATION_NOT_FOUND"),
    "HTTP 401": Trouble(Refusal(401)),
    "HTTP 403": Trouble(Refusal(403)),
    "HTTP 404": Trouble(Refusal(404)),
    "insufficient_scope": by_portal(403, "insufficient_scope"),
    "ERROR_METHOD_NOT_FOUND": by_portal(404, "ERROR_METHOD_NOT_FOUND"),
    "QUERY_LIMIT_EXCEEDED": by_portal(503, "QUERY_LIMIT_EXCEEDED"),
    "OPERATION_TIME_LIMIT": by_portal(429, "OPERATION_TIME_LIMIT"),
    "HTTP 429": Trouble(Refusal(429)),
    "HTTP 503": Trouble(Refusal(503)),
    "OVERLOAD_LIMIT": by_portal(503, "OVERLOAD_LIMIT"),
    "PAYMENT_REQUIRED": by_portal(402, "PAYMENT_REQUIRED"),
    "ALLOWED_ONLY_INTRANET_USER": by_portal(403, "ALLOWED_ONLY_INTRANET_USER"),
    "PORTAL_DELETED": by_portal(403, "PORTAL_DELETED"),
    "HTTP 410": Trouble(Refusal(410)),
    "MOVED": Trouble(Refusal(302, headers={"Location": "https://new.portal.test/rest/"})),
    "INVALID_REQUEST": by_portal(403, "INVALID_REQUEST"),
    "HTTP 500": Trouble(Refusal(500)),
    "UNREACHABLE": Trouble(webhook="{3}/rest/1/secret/"),
    "TIME": Trouble(Refusal(slow=True), {"timeout": "1"}),
    "ACCESS_DENIED": by_part("ACCESS_DENIED"),
    "1048582": by_part("1048582"),
    "user_access_error": by_part("user_access_error"),
    "ACCESS_ERROR": by_part("ACCESS_ERROR"),
    "HIDDEN_TASK": by_word("HIDDEN"),
    "OVERTAKEN": by_word("OLD"),
    "NO_ROOM": by_word("MANY", **{"dry-run": "true"}),
    "NOT_TOLD": by_word("FREE"),
    "TOKEN_REFUSED": by_word("FREE", **{"token-variable": "WRONG_TOKEN"}),
    "HTTP 200": by_app(Refusal(200)),
    "HTTP 422": by_app(Refusal(422)),
    "TROUBLE": by_app(Refusal(503, headers={"Retry-After": "900"})),
    "NO_ID_TOKEN": Trouble(inputs={"deliver": "app", "app-url": "{0}"}, id_token=""),
    "NO_APP_URL": Trouble(inputs={"deliver": "app"}),
}
ELSEWHERE = {
    "NO_PYTHON": "test_local_ci.test_an_image_without_python_is_named",
    "POWERSHELL": "test_powershell.test_a_runner_with_powershell_prints_one_sentence",
    "DEFECT": "test_failures.test_a_defect_of_the_reporter_is_one_line_without_secrets",
}
MANY = range(100, 130)
ALL_WELL = Refusal()


def pipeline_of(names: dict[str, str], place: str, webhook: str, closed: str) -> str:
    """Return a project's file: an include, variables and an ID token a code."""
    includes, jobs, variables = [], [], ["WRONG_TOKEN: glpat-wrong"]
    for code, name in names.items():
        trouble = TROUBLES[code]
        inputs = {"job-name": name, "webhook-variable": f"HOOK_{name}", "timeout": "60"}
        inputs |= trouble.inputs
        given = ", ".join(
            f"{key}: {value if key in ('timeout', 'dry-run') else repr(value.format(place, name))}"
            for key, value in inputs.items()
        )
        includes.append(
            f"  - component: $CI_SERVER_FQDN/acme/shop/report@$CI_COMMIT_SHA\n"
            f"    inputs: {{{given}}}\n"
        )
        jobs.append(f"{name}: {{variables: {{B24_ID_TOKEN: '{trouble.id_token}'}}}}\n")
        address = trouble.webhook.format(place, name, webhook, closed)
        variables.append(f"HOOK_{name}: '{address}'")
    return (
        f"include:\n{''.join(includes)}variables:\n"
        + "".join(f"  {line}\n" for line in variables)
        + "".join(jobs)
        + "unit:\n  stage: test\n  script: ['true']\n"
    )


def test_each_trouble_is_named_by_its_code_in_the_log_of_its_job(world: World) -> None:
    names = {code: f"job_{number}" for number, code in enumerate(sample(list(TROUBLES)))}
    for number in (5, 6, 7, *MANY):
        world.task(number)
    mr = world.open_mr("Pay", "pay")
    older, newer = world.pipeline(mr), world.pipeline(mr)
    words = "B24-5 HIDDEN-404 OLD-6 FREE-7 " + " ".join(f"MANY-{number}" for number in MANY)
    texts = {"CI_COMMIT_MESSAGE": words, "B24_TASK_PREFIX": "OLD"}
    assert world.report(newer, mr, **texts).code == 0
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
        refusals = {name: TROUBLES[code].refusal or ALL_WELL for code, name in names.items()}
        with refusing(refusals, world.webhook) as place:
            checkout = Checkout(world.folder, pipeline_of(names, place, world.webhook, closed))
            variables = world.variables(older, mr, CI_COMMIT_MESSAGE=words, CI_JOB_TOKEN="gone")
            code, output = checkout.run(variables, "--concurrency", "4")
    log = COLOUR.sub("", output)
    unnamed = {
        code: re.findall(rf"^{name} +> (.*)", log, re.MULTILINE)
        for code, name in names.items()
        if not re.search(rf"^{name} +> b24: .*\({re.escape(code)}\)\.", log, re.MULTILINE)
    }
    assert unnamed == {}
    marked = set(re.findall(r"^(job_\d+) +finished in .* WARN 1 *$", log, re.MULTILINE))
    assert code == 0, log
    assert marked == {name for code, name in names.items() if TROUBLES[code].is_marked}
