"""No password in a message: of a URL that is right, and of one that is mistyped."""

import pytest

from cierre.masking import without_password


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://me:geheim@db:5432/cierre", "postgresql://me:***@db:5432/cierre"),
        ("postgresql://me@db/cierre", "postgresql://me@db/cierre"),
        ("postgresql://me:geheim@a:1,b:2/cierre?target_session_attrs=primary", None),
        ("postgresql://a:1,[::1]:2/cierre", "postgresql://a:1,[::1]:2/cierre"),
        (
            "postgresql://db/cierre?password=geheim&sslmode=require",
            "postgresql://db/cierre?password=***&sslmode=require",
        ),
        ("postgresql://db/cierre?sslpassword=geheim", "postgresql://db/cierre?sslpassword=***"),
        ("postgresql://me:ge@heim@db/cierre", "postgresql://me:***@db/cierre"),
        ("postgresql://me:geheim/x@db", "postgresql://me:***@db"),
        ("postgresql//me:geheim@db/cierre", "***@db/cierre"),
        ("postgresql:me:geheim", "postgresql:***"),
        ("postgresql://me:geheim/cierre", "postgresql://me:***"),
        ("me:geheim@db", "***@db"),
        ("redis://:geheim@cache:6379/1", "redis://:***@cache:6379/1"),
        ("redis://geheim@cache", "redis://***@cache"),
        ("sqlite:////data/a@b.db", "sqlite:////data/a@b.db"),
        ("sqlite:///cierre.db", "sqlite:///cierre.db"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_url_is_shown_without_its_password(url, masked):
    shown = without_password(url)
    assert "geheim" not in shown
    assert "heim" not in shown
    if masked is not None:
        assert shown == masked
