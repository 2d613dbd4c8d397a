"""Tasks of a walk ask Airflow by the newest version of its interface; few others are prepared."""

from __future__ import annotations

import pytest

from peil.adapters.airflow.own_interface import speak_newest


@pytest.mark.filterwarnings("ignore:Using .httpx. with")
def test_the_newest_version_answers_and_few_others_are_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx
    from airflow.api_fastapi.execution_api import app, versions
    from airflow.sdk.api.datamodels._generated import API_VERSION

    every = versions.bundle
    monkeypatch.setattr(versions, "bundle", every)  # as before, afterwards
    speak_newest()
    assert len(every.versions) > 2 * len(versions.bundle.versions)
    transport = app.InProcessExecutionAPI().transport
    headers = {"airflow-api-version": API_VERSION}
    with httpx.Client(transport=transport, base_url="http://in-process", headers=headers) as client:
        assert client.get("/health").status_code == 200
        asked = client.get("/variables/no_such_variable")
    assert asked.status_code == 404
    assert asked.headers["airflow-api-version"] == API_VERSION
