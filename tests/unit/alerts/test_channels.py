"""A message arrives at real servers, and a channel that fails says why without a secret."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from listening import Postbox, Web, trouble
from typer.testing import CliRunner

from peil import cli
from peil.alerts import telling
from peil.alerts.channels import CHANNELS, ChannelKind, configured
from peil.charter import reading
from peil.charter.clock import now
from peil.settings import settings
from peil.store.store import Store


def tell(*troubles: Any) -> telling.Told:
    charter = reading.load("tiny")
    return telling.tell(Store(), charter, troubles, now(charter))


def test_a_mail_says_what_where_since_when_what_to_do_and_where_to_read(postbox: Postbox) -> None:
    report = tell(trouble())

    assert report.n_sent == 1 and report.failed == {}
    (mail,) = postbox.received
    assert mail["Subject"] == "Peil tiny [note] silent region: Z01"
    assert mail["From"] == "peil@operator.example"
    assert mail["To"] == "engineer@operator.example, night@operator.example"
    assert mail["Message-ID"] == f"<{trouble().incident}-1-opened@operator.example>"
    (text,) = postbox.texts()
    for words in (
        "Region Z01 was silent.",
        "Where:       Z01",
        "Since:       2026-03-02",
        "Severity:    note: nothing waits for it",
        "Owner:       operator",
        "What to do:  Ask the operator whether its cells were off.",
        "Counted:     n_cells 8, share 0.0",
        f"Read more:   {Store().root}/operator/page/tiny/index.html",
        f"Incident:    {trouble().incident}, pilot tiny",
    ):
        assert words in text


@pytest.mark.parametrize(
    "port, password, has_tls_at_once, turns_tls_on",
    [
        (25, "", False, False),
        (25, "p", False, True),
        (465, "p", True, False),
        (587, "", False, True),
    ],
)
def test_the_port_of_the_mail_server_says_how_to_speak_to_it(
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
    port: int,
    password: str,
    has_tls_at_once: bool,
    turns_tls_on: bool,
) -> None:
    tell(trouble())  # imports Airflow with its settings in place
    from peil.adapters.airflow.notifiers import mail_server

    monkeypatch.setenv("PEIL_SMTP_PORT", str(port))
    monkeypatch.setenv("PEIL_SMTP_PASSWORD", password)
    extra = mail_server(settings()).extra_dejson
    assert extra["disable_ssl"] is not has_tls_at_once
    assert extra["disable_tls"] is not turns_tls_on


def test_a_webhook_gets_what_slack_reads_and_can_mention_nobody(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    monkeypatch.setenv("PEIL_LINK_PREFIX", "https://operator.example/store/")

    tell(trouble(what="<!channel> look & see ``` here."))

    (posted,) = web.received
    assert posted["unfurl_links"] is False
    first, rest = posted["text"].split("\n", 1)
    assert first == ":large_yellow_circle: *Peil tiny [note] silent region: Z01*"
    assert rest.startswith("```\n&lt;!channel&gt; look &amp; see")
    assert posted["text"].count("```") == 2 and posted["text"].endswith("```")
    assert "https://operator.example/store/operator/page/tiny/index.html" in posted["text"]


def test_apprise_gets_title_text_and_tone(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_APPRISE_URLS", f"json://127.0.0.1:{web.port}/a")

    tell(trouble(severity="stop"))

    (posted,) = web.received
    assert posted["title"] == "Peil tiny [stop] silent region: Z01"
    assert "Region Z01 was silent." in posted["message"]
    assert posted["type"] == "failure"


def test_each_apprise_url_is_a_channel_that_fails_by_itself(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PEIL_APPRISE_URLS", f"json://127.0.0.1:1/away\njson://127.0.0.1:{web.port}/there"
    )

    report = tell(trouble())

    assert report.n_sent == 1 and len(web.received) == 1
    (failed,) = report.failed
    assert failed.startswith("apprise ") and failed != configured(settings())[1].name


def test_apprise_that_is_not_taken_is_a_failure(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's own hook drops what Apprise says of it."""
    monkeypatch.setenv("PEIL_APPRISE_URLS", f"json://127.0.0.1:{web.port}/a not-one://")
    web.status = 500

    report = tell(trouble())

    assert report.n_sent == 0
    assert list(report.failed.values()) == ["DeliveryError"] * 2


def test_a_secret_may_lie_in_a_file_and_is_never_told(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "url"
    secret.write_text(web.url + "\n")
    monkeypatch.setenv("PEIL_WEBHOOK_URL_FILE", str(secret))
    web.status = 403

    with caplog.at_level(logging.DEBUG):
        report = tell(trouble())
    assert report.failed == {"webhook": "the server answered 403"}
    assert "PEIL_WEBHOOK_URL" in caplog.text and "tries again" in caplog.text
    assert "secret-token" not in caplog.text
    assert "secret-token" not in repr(settings())

    web.status = 200
    assert tell(trouble()).n_sent == 1


def test_a_secret_that_cannot_be_read_hides_no_other_channel(
    postbox: Postbox, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_WEBHOOK_URL_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("PEIL_APPRISE_URLS", f"json://127.0.0.1:{web.port}/a")
    monkeypatch.setenv("PEIL_APPRISE_URLS_FILE", str(tmp_path / "missing"))

    report = tell(trouble())

    assert len(postbox.received) == 1
    assert "PEIL_WEBHOOK_URL_FILE names a file that cannot be read" in report.failed["webhook"]
    assert "Both PEIL_APPRISE_URLS and PEIL_APPRISE_URLS_FILE" in report.failed["apprise"]


def test_a_test_message_says_what_happened_by_each_channel(
    postbox: Postbox, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    monkeypatch.setenv("PEIL_APPRISE_URLS", f"json://127.0.0.1:{web.port}/a")
    done = CliRunner().invoke(cli.app, ["alerts", "test"])
    assert done.exit_code == 0, done.output
    assert done.output.count("sent") == 3
    assert postbox.subjects() == ["Peil: a test of the alerts, nothing is wrong"]
    assert len(web.received) == 2

    web.status = 404
    done = CliRunner().invoke(cli.app, ["alerts", "test"])
    assert done.exit_code == 2
    assert "mail: sent" in done.output
    assert "webhook: not sent (the server answered 404: look at PEIL_WEBHOOK_URL)" in done.output
    assert "secret-token" not in done.output


def test_a_test_without_a_channel_says_what_to_set(store: Store) -> None:
    done = CliRunner().invoke(cli.app, ["alerts", "test"])
    assert done.exit_code == 2
    variables = [name for kind in CHANNELS for name in kind.variables]
    assert {"PEIL_SMTP_HOST", "PEIL_WEBHOOK_URL_FILE", "PEIL_APPRISE_URLS_FILE"} <= set(variables)
    for name in variables:
        assert name in done.output


@pytest.mark.parametrize("kind", CHANNELS, ids=lambda kind: kind.name)
def test_a_channel_is_configured_when_all_that_it_needs_is_set(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: ChannelKind
) -> None:
    (tmp_path / "secret").write_text("json://a.example json://b.example")
    for name in kind.variables:
        monkeypatch.setenv(name, str(tmp_path / "secret"))
    for missing in kind.variables:
        with monkeypatch.context() as without:
            without.delenv(missing)
            assert configured(settings()) == [], missing
    channels = configured(settings())
    assert len(channels) == (2 if kind.is_list else 1)
    assert {channel.name.split()[0] for channel in channels} == {kind.name}
    assert {channel.variables for channel in channels} <= {
        "PEIL_SMTP_*",
        *(name.removesuffix("_FILE") for name in kind.variables),
    }


def test_without_a_channel_airflow_is_not_imported(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached() -> None:
        raise AssertionError("Airflow was set up for a message that nobody asked for")

    monkeypatch.setattr("peil.alerts.channels._airflow", reached)
    report = tell(trouble())
    assert report.count("opened") == 1 and report.n_sent == 0
    line = json.loads((store.quarantine("tiny") / "alerts.jsonl").read_text())
    assert line["kind"] == "silent_region" and line["state"] == ""
