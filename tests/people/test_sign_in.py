"""Badge and PIN, sessions kept on the server, lock-out, preferences."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from floor.kit import clock
from floor.kit.uow import unit_of_work
from floor.people import service
from floor.people.models import User
from tests.cast import PIN
from tests.web_client import csrf_of


def _try(client, pin, badge="B-1001", **query):
    token = csrf_of(client.get("/session").text)
    return client.post("/session", data={"badge": badge, "pin": pin, "csrf_token": token}, query_string=query)


def test_a_badge_shows_whose_it_is_and_asks_for_the_pin(stranger):
    page = stranger.get("/session?badge=b-1001")
    assert page.status_code == 200
    assert "Ana" in page.text
    assert 'name="pin"' in page.text


def test_an_unknown_badge_is_said_at_the_field_and_kept(stranger):
    page = stranger.get("/session?badge=B-0000")
    assert page.status_code == 422
    assert 'value="B-0000"' in page.text


def test_badge_and_pin_open_the_page_one_came_for(stranger):
    answer = _try(stranger, PIN, next="/me/settings")
    assert (answer.status_code, answer.location) == (303, "/me/settings")
    assert stranger.get("/me/settings").status_code == 200


def test_nobody_is_sent_to_another_house_after_sign_in(stranger):
    assert _try(stranger, PIN, next="//evil.example/x").location == "/"
    assert _try(stranger, PIN, next="https://evil.example").location == "/"


def test_a_wrong_pin_counts_down_then_locks_and_the_right_one_waits(stranger):
    for left in (4, 3, 2, 1):
        answer = _try(stranger, "0000")
        assert answer.status_code == 422
        assert str(left) in answer.text
    assert _try(stranger, "0000").status_code == 422
    assert _try(stranger, PIN).status_code == 422
    with clock.shifted(timedelta(minutes=6)):
        assert _try(stranger, PIN).status_code == 303


def test_a_pin_never_comes_back_in_the_page(stranger):
    assert "8642" not in _try(stranger, "8642").text


def test_signing_out_ends_the_session_for_every_holder_of_the_cookie(sign_in, app):
    ana = sign_in("Ana")
    stolen = ana.client.get_cookie("floor_session").value
    assert ana.post("/session/end").status_code == 303
    thief = app.test_client()
    thief.set_cookie("floor_session", stolen)
    assert thief.get("/me/settings").status_code == 303


def test_a_supervisor_can_sign_a_person_out_everywhere(sign_in):
    phone, desk = sign_in("Ana"), sign_in("Ana")
    with unit_of_work() as db:
        ana = db.execute(sa.select(User).where(col(User.badge) == "B-1001")).scalar_one()
        assert service.end_all_logins(db, ana.id, actor=service.Actor("user", 1, "Dai")) >= 2
    assert phone.get("/me/settings").status_code == desk.get("/me/settings").status_code == 303


def test_an_idle_session_is_over(sign_in):
    ana = sign_in("Ana")
    with clock.shifted(timedelta(hours=13)):
        assert ana.get("/me/settings").status_code == 303


def test_a_person_who_left_is_out_at_once(sign_in):
    ana = sign_in("Ana")
    with unit_of_work() as db:
        db.execute(sa.update(User).where(col(User.badge) == "B-1001").values(is_active=False))
    assert ana.get("/me/settings").status_code == 303


def test_preferences_follow_the_person(sign_in):
    wish = {"lang": "zh_Hans_CN", "theme": "dark", "hand": "left", "text_size": "large", "volume": "1"}
    assert sign_in("Ana").post("/me/settings", wish).status_code == 303
    page = sign_in("Ana").get("/me/settings").text
    assert 'lang="zh-CN"' in page
    assert 'data-theme="dark"' in page
    assert 'data-hand="left"' in page


def test_a_bad_preference_is_refused_and_nothing_changes(sign_in):
    ana = sign_in("Ana")
    assert ana.post("/me/settings", {"theme": "purple", "volume": "9"}).status_code == 422
    assert 'data-theme="auto"' in ana.get("/me/settings").text
