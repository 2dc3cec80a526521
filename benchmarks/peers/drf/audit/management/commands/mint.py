"""Open sessions in the store itself and print each one's secrets as a JSON line.

Each line of the standard input is an order, `1000 0`: so many sessions, of the users in turn, or `1000 5`: five each of
new users, one after the other. An empty line ends the answer to it.
"""

import json
import secrets
import sys
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.utils import timezone

USERS = 10_000
BATCH = 2000


class Command(BaseCommand):
    """`python -m django mint`, until the standard input ends."""

    def handle(self, **_: object) -> None:
        for line in sys.stdin:
            count, each = map(int, line.split())
            users = new_users(count // each) if each else old_users()
            mint = mint_knox if settings.PEER == "knox" else mint_simplejwt
            owners = [users[n // each if each else n % len(users)] for n in range(count)]
            for start in range(0, count, BATCH):
                for made in mint(owners[start : start + BATCH]):
                    self.stdout.write(json.dumps(made))
            self.stdout.write("\n")
            self.stdout.flush()


def old_users() -> list[User]:
    return list(User.objects.order_by("pk")[:USERS]) or User.objects.bulk_create(
        User(username=f"user{n}", email=f"user{n}@example.com", password="!") for n in range(USERS)
    )


def new_users(count: int) -> list[User]:
    return User.objects.bulk_create(User(username=secrets.token_hex(12), password="!") for _ in range(count))


def mint_knox(owners: list[User]) -> Iterator[list[str]]:
    from knox import crypto  # noqa: PLC0415
    from knox.models import AuthToken  # noqa: PLC0415
    from knox.settings import CONSTANTS, knox_settings  # noqa: PLC0415

    made = [crypto.create_token_string() for _ in owners]
    expiry = timezone.now() + knox_settings.TOKEN_TTL
    AuthToken.objects.bulk_create(
        AuthToken(
            digest=crypto.hash_token(token),
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            user=owner,
            expiry=expiry,
        )
        for owner, token in zip(owners, made, strict=True)
    )
    for token in made:
        yield [token]


def mint_simplejwt(owners: list[User]) -> Iterator[list[str]]:
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken  # noqa: PLC0415
    from rest_framework_simplejwt.tokens import RefreshToken  # noqa: PLC0415
    from rest_framework_simplejwt.utils import datetime_from_epoch  # noqa: PLC0415

    made = []
    for owner in owners:
        token = RefreshToken()  # `for_user` would write each row by itself
        token["user_id"] = str(owner.pk)
        made.append((token, str(token), str(token.access_token)))
    OutstandingToken.objects.bulk_create(
        OutstandingToken(
            user=owner,
            jti=token["jti"],
            token=text,
            created_at=token.current_time,
            expires_at=datetime_from_epoch(token["exp"]),
        )
        for owner, (token, text, _) in zip(owners, made, strict=True)
    )
    for _, text, access in made:
        yield [access, text]
