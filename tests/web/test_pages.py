"""Languages, fragments, headers and errors."""

import pytest
from flask import flash, get_flashed_messages

from tests.web_client import HTMX


@pytest.mark.parametrize(
    ("wish", "lang"),
    [
        ("zh-CN,zh;q=0.9", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh_TW", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("fr,de", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0, zh", "zh-CN"),
    ],
)
def test_the_browsers_wish_chooses_the_language(stranger, wish, lang):
    assert f'<html lang="{lang}"' in stranger.get("/session", headers={"Accept-Language": wish}).text


def test_the_language_switch_stays_on_the_device_and_goes_back(stranger):
    answer = stranger.get("/language/en?next=/session?badge=B-1001")
    assert (answer.status_code, answer.location) == (303, "/session?badge=B-1001")
    assert '<html lang="en"' in stranger.get("/session", headers={"Accept-Language": "zh"}).text
    assert stranger.get("/language/zh?next=https://evil.example").location == "/"


def test_htmx_gets_the_part_a_boosted_or_restored_page_the_whole(sign_in):
    ana = sign_in("Ana")
    part = ana.get("/me/settings", headers=HTMX)
    assert "<html" not in part.text
    assert 'id="screen"' in part.text
    assert "HX-Request" in part.headers["Vary"]
    assert "<html" in ana.get("/me/settings", headers=HTMX | {"HX-Boosted": "true"}).text
    assert "<html" in ana.get("/me/settings", headers=HTMX | {"HX-History-Restore-Request": "true"}).text


def test_a_session_that_is_over_redirects_htmx_instead_of_filling_a_panel(stranger):
    answer = stranger.get("/me/settings", headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith("/session")


def test_errors_speak_the_readers_language_as_page_bar_and_json(sign_in):
    ana = sign_in("Ana")
    assert ana.get("/nowhere").status_code == 404
    assert "<html" in ana.get("/nowhere").text
    bar = ana.get("/nowhere", headers=HTMX)
    assert (bar.status_code, bar.headers["HX-Retarget"]) == (404, "#alert")
    assert ana.get("/nowhere", headers={"Accept": "application/json"}).json["error"]


def test_a_refused_form_leads_back_to_its_page_afresh_and_keeps_what_was_written(sign_in):
    ana = sign_in("Ana")
    came = {"Referer": "http://localhost/me/settings?tab=1"}
    page = ana.client.post("/me/settings", data={"note": "The long story", "pin": "1234"}, headers=came)
    assert (page.status_code, 'href="/me/settings?tab=1"' in page.text, "The long story" in page.text) == (
        400,
        True,
        True,
    )
    assert "1234" not in page.text
    for elsewhere in ("https://evil.example/me/settings", "http://localhost/nowhere", ""):
        assert "/nowhere" not in (said := ana.client.post("/me/settings", headers={"Referer": elsewhere}).text)
        assert "evil" not in said
    bar = ana.client.post("/me/settings", headers=HTMX | {"HX-Current-URL": "http://localhost/me/settings"})
    assert 'href="/me/settings"' in bar.text


def test_pages_tell_browsers_what_they_may_do(stranger):
    headers = stranger.get("/session").headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_htmx_and_our_files_are_served_with_their_version(stranger):
    assert "/htmx/htmx-2.min.js?v=" in stranger.get("/session").text
    with stranger.get("/htmx/htmx-2.min.js") as script:
        assert script.status_code == 200
    assert stranger.get("/htmx/../settings.py").status_code == 404


def test_what_nobody_reads_does_not_fill_the_cookie(app):
    with app.test_request_context():
        for number in range(200):
            flash(f"{number} done", "ok")
        assert get_flashed_messages() == ["195 done", "196 done", "197 done", "198 done", "199 done"]
