"""`flask people hire`: how an empty house gets its first person."""

from tests.web_client import csrf_of


def _hire(app, *words):
    return app.test_cli_runner().invoke(args=["people", "hire", *words])


def test_the_first_person_is_hired_and_can_sign_in(app, stranger):
    done = _hire(app, "b-7001", "Flo", "--role", "supervisor", "--pin", "2468")
    assert done.exit_code == 0, done.output
    token = csrf_of(stranger.get("/session?badge=B-7001").text)
    answer = stranger.post("/session", data={"badge": "B-7001", "pin": "2468", "csrf_token": token})
    assert answer.status_code == 303


def test_a_badge_that_is_taken_or_a_pin_that_is_none_is_refused(app):
    assert "already belongs" in _hire(app, "B-1001", "Flo", "--role", "picker", "--pin", "2468").output
    assert _hire(app, "B-7002", "Flo", "--role", "picker", "--pin", "abcd").exit_code == 2
