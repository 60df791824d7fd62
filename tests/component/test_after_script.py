"""The after_script of a deploying job: sh, and curl or either wget, in the user's own image."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from component_template import fill, read_template
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.component.test_templates import TEXTS
from tests.component.world import World
from tools.system_packages import program

TOOLS = ["od", "tr", "sed", "grep", "sort", "head", "cut", "mktemp", "rm", "cat", "timeout"]
BUSYBOX = pytest.param("busybox", marks=pytest.mark.needs("busybox"))
WAYS = ["curl", pytest.param("wget", marks=pytest.mark.needs("wget")), BUSYBOX]

pytestmark = pytest.mark.needs("curl")


def script(**given: str) -> str:
    """The text GitLab makes of the template with these inputs."""
    text = fill(read_template(TEXTS["deployment-script"]), **given)[".b24-deployment"][
        "after_script"
    ][0]
    return str(text)


def an_image(folder: Path, way: str) -> tuple[str, str]:
    """The shell and the PATH of an image that has nothing but these tools."""
    bin_folder = folder / f"bin-{way}"
    bin_folder.mkdir()
    for name in [*TOOLS, *filter(None, ["wget" if way == "busybox" else way])]:
        target = program("busybox") if way == "busybox" else shutil.which(name)
        (bin_folder / name).symlink_to(target)
    if way == "busybox":
        (bin_folder / "sh").symlink_to(program("busybox"))
        return str(bin_folder / "sh"), str(bin_folder)
    return "/bin/sh", str(bin_folder)


def run(world: World, way: str, text: str, *options: str, **more: str) -> str:
    """What is printed; the exit code is 0 whatever happens."""
    shell, path = an_image(world.folder, way)
    mr = world.open_mr()
    run_ = world.pipeline(mr)
    variables = {
        **world.variables(run_),
        "CI_JOB_STATUS": "success",
        "CI_ENVIRONMENT_NAME": "staging",
        "CI_ENVIRONMENT_URL": "https://staging.test",
        **more,
    }
    done = subprocess.run(
        [shell, "-e", *options],
        input=text,
        env={**variables, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_the_deployment_is_told_in_one_request(world: World, way: str) -> None:
    world.task(5)
    said = run(world, way, script())
    assert said == "b24: reported to the tasks 5\n"
    url = f"{world.gitlab.url}/acme/shop"
    assert world.messages(5) == [
        f"[b][url={url}/-/environments?search=staging]staging[/url][/b]\n"
        f"CI: [url={url}/-/jobs/77]#1[/url] Deployed to https://staging.test"
    ]
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}
    assert sum(world.portal.requests.values()) == 1


STATUSES = [
    ("success", "en", "Deployed to https://", "passed"),
    ("failed", "en", "Deployment failed: https://", "failed"),
    ("canceled", "en", "Deployment canceled: https://", "canceled"),
    ("", "en", "Deployment, the result is not known: https://", None),
    ("success", "ru", "Развёрнуто: https://", "passed"),
    ("canceled", "ru", "Развёртывание отменено: https://", "canceled"),
]


@pytest.mark.parametrize(("status", "language", "words", "field"), STATUSES)
def test_each_status_of_the_job_has_its_words(
    world: World, status: str, language: str, words: str, field: str | None
) -> None:
    world.task(5)
    run(world, "curl", script(language=language), CI_JOB_STATUS=status)
    [text] = world.messages(5)
    assert words in text
    assert world.portal.tasks[5].uf.get("UF_CI_STATUS") == field


def test_the_reporter_edits_the_message_of_the_after_script(world: World) -> None:
    world.task(5)
    run(world, "curl", script())
    later = world.pipeline(world.shop, ref="feature/B24-5")
    world.gitlab.deploy(later, "staging", "failed")
    world.report(later, B24_MODE="deployment", B24_ENVIRONMENT="staging")
    [text] = world.messages(5)
    assert "Deployment to staging failed" in text


TEXTS_AND_TASKS = {
    "a blank between": ("B24-5 B24-6 B24-7", "5 6 7"),
    "a comma between": ("Fix B24-5,B24-6,b24-7.", "5 6 7"),
    "a branch of two": ("feature/B24-5-B24-6_pay", "5 6"),
    "the same again": ("B24-5 B24-5", "5"),
    "no numbers of tasks": (
        "B24-1.5 b24-2@acme.example @b24-3 XB24-4 B24-5a B24-12345678901 B24-6",
        "6",
    ),
}


@pytest.mark.parametrize("way", ["curl", BUSYBOX])
@pytest.mark.parametrize(
    ("text", "tasks"), list(TEXTS_AND_TASKS.values()), ids=list(TEXTS_AND_TASKS)
)
def test_each_task_that_a_text_names_hears_of_it(
    world: World, text: str, tasks: str, way: str
) -> None:
    for number in (5, 6, 7):
        world.task(number)
    printed = run(world, way, script(), CI_COMMIT_MESSAGE=text, CI_COMMIT_REF_NAME="main")
    assert printed == f"b24: reported to the tasks {tasks}\n"


HOSTILE = [
    "'; touch evil; '", "$(touch evil)", "`touch evil`", "[user=all]x", "$result[c5]", '"}}',
    "a\nb", "%s%n\\", "&fields[TITLE]=evil",
]  # fmt: skip


@pytest.mark.parametrize("way", ["curl", BUSYBOX])
@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stays_text(world: World, text: str, way: str) -> None:
    world.task(5, "Pay")
    said = run(
        world, way, script(),
        CI_ENVIRONMENT_NAME=text, CI_ENVIRONMENT_URL=f"https://x.test/{text}",
        CI_COMMIT_MESSAGE=f"{text}\nB24-5 {text}", CI_MERGE_REQUEST_TITLE=text,
    )  # fmt: skip
    assert said == "b24: reported to the tasks 5\n"
    [shown] = world.messages(5)
    assert "[user" not in shown
    assert "$result[" not in shown
    assert shown.count("\n") == 1
    assert world.portal.tasks[5].title == "Pay"
    assert not list(world.folder.rglob("evil"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("up", [True, False])
def test_tracing_shows_no_secret(world: World, way: str, up: bool) -> None:
    world.task(5)
    secret = world.webhook.rstrip("/").rpartition("/")[2]
    if not up:
        world.b24.offline()
    said = run(world, way, script(), "-x", CI_DEBUG_TRACE="true")
    assert ("NOT REPORTED" in said) is not up
    assert secret not in said


def test_without_a_webhook_the_reason_is_said(world: World) -> None:
    assert run(world, "curl", script(), B24_WEBHOOK_URL="") == (
        "b24: NOT REPORTED. The variable B24_WEBHOOK_URL is empty or holds no webhook address.\n"
        "Usual reason: it was never created, or it is protected and this ref is not.\n"
        "What to do: save the URL of an inbound webhook of Bitrix24 as a masked CI/CD variable.\n"
    )


def test_a_dead_webhook_is_said(world: World) -> None:
    world.b24.revoke_webhooks()
    assert run(world, "curl", script()) == (
        "b24: NOT REPORTED. Bitrix24 does not answer, or does not accept the webhook.\n"
        "Usual reason: it is down, the runner has no way to it, or the webhook was deleted.\n"
        "What to do: retry the job later, or put a new webhook's URL into B24_WEBHOOK_URL.\n"
    )


def test_an_image_that_cannot_send_is_said_as_such(world: World) -> None:
    assert run(world, "", script()) == (
        "b24: NOT REPORTED. The image of this job has neither curl nor wget.\n"
        "What to do: add one of them to it, or include the component deployment instead.\n"
    )


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"https://localhost:{server.server_port}/rest/1/secret/"
        server.shutdown()


@pytest.mark.parametrize("way", ["curl", "wget"])
@pytest.mark.parametrize("language", ["C", "ru_RU.UTF-8"])
def test_a_certificate_that_is_not_trusted_is_said_as_such(
    world: World, untrusted: str, way: str, language: str
) -> None:
    """The webhook is fine then: a new one would not help."""
    assert run(world, way, script(), B24_WEBHOOK_URL=untrusted, LANG=language) == (
        "b24: NOT REPORTED. The certificate of Bitrix24 is not trusted in the image of this job.\n"
        "Usual reason: the image has no ca-certificates, or a proxy signs by its own authority.\n"
        "What to do: add ca-certificates, or the certificate of that authority, to the image.\n"
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_environment_of_the_input_may_hold_variables(world: World, way: str) -> None:
    world.task(5)
    text = script(environment="review/$CI_COMMIT_REF_SLUG")
    run(world, way, text, CI_ENVIRONMENT_NAME="", CI_ENVIRONMENT_URL="", CI_COMMIT_REF_SLUG="b24-5")
    assert "]review/b24-5[/url][/b]" in world.messages(5)[0]
    assert world.messages(5)[0].endswith("Deployed to review/b24-5")


def test_without_any_environment_the_job_is_named(world: World) -> None:
    world.task(5)
    run(world, "curl", script(), CI_ENVIRONMENT_NAME="", CI_ENVIRONMENT_URL="", CI_JOB_NAME="ship")
    assert world.messages(5)[0].endswith("Deployed to ship")


def test_a_dash_writes_no_field(world: World) -> None:
    world.task(5)
    run(world, "curl", script(field="-"))
    assert len(world.messages(5)) == 1
    assert "UF_CI_STATUS" not in world.portal.tasks[5].uf


@pytest.mark.parametrize("shell", ["sh", "bash", "busybox"])
def test_no_shell_prints_what_is_meant_for_powershell(world: World, shell: str) -> None:
    command = [str(program("busybox")), "sh"] if shell == "busybox" else [shell]
    done = subprocess.run(
        [*command, "-e"], input=script(), env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "PowerShell" not in done.stdout + done.stderr
    assert done.stdout.startswith("b24: NOT REPORTED. The variable B24_WEBHOOK_URL is empty")


def test_a_part_that_is_refused_is_said(world: World) -> None:
    assert run(world, "curl", script()) == (
        "b24: not done: Bitrix24 refused a part of the report to the tasks 5\n"
        "Usual reason: the webhook lacks the permission task, or its owner does not see a task.\n"
        "What to do: add the permission, or let the owner of the webhook see the task.\n"
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_webhook_may_stand_in_a_file(world: World, way: str) -> None:
    world.task(5)
    path = world.folder / "webhook"
    path.write_text(f"{world.webhook}\n")
    said = run(world, way, script(), "-x", B24_WEBHOOK_URL=str(path))
    assert "b24: reported to the tasks 5\n" in said
    assert len(world.messages(5)) == 1
    assert world.webhook.rstrip("/").rpartition("/")[2] not in said


def test_without_a_task_nothing_is_sent(world: World) -> None:
    said = run(world, "curl", script(task_prefix="TASK"))
    assert said == "b24: no task is named: nothing is reported\n"
    assert not world.portal.requests
