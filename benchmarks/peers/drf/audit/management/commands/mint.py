"""Open sessions in the store itself and print each one's secrets as a JSON line."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.utils import timezone

USERS = 10_000
BATCH = 2000


class Command(BaseCommand):
    """`python -m django mint 1000`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int)

    def handle(self, *, count: int, **_: object) -> None:
        users = list(User.objects.order_by("pk")[:USERS])
        if not users:
            users = User.objects.bulk_create(
                User(username=f"user{n}", email=f"user{n}@example.com", password="!") for n in range(USERS)
            )
        mint = mint_knox if settings.PEER == "knox" else mint_simplejwt
        for start in range(0, count, BATCH):
            for secrets in mint(users, min(BATCH, count - start)):
                self.stdout.write(json.dumps(secrets))


def mint_knox(users: list[User], count: int) -> Iterator[list[str]]:
    from knox import crypto  # noqa: PLC0415
    from knox.models import AuthToken  # noqa: PLC0415
    from knox.settings import CONSTANTS, knox_settings  # noqa: PLC0415

    made = [crypto.create_token_string() for _ in range(count)]
    expiry = timezone.now() + knox_settings.TOKEN_TTL
    AuthToken.objects.bulk_create(
        AuthToken(
            digest=crypto.hash_token(token),
            token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
            user=users[n % USERS],
            expiry=expiry,
        )
        for n, token in enumerate(made)
    )
    for token in made:
        yield [token]


def mint_simplejwt(users: list[User], count: int) -> Iterator[list[str]]:
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken  # noqa: PLC0415
    from rest_framework_simplejwt.tokens import RefreshToken  # noqa: PLC0415
    from rest_framework_simplejwt.utils import datetime_from_epoch  # noqa: PLC0415

    made = []
    for n in range(count):
        token = RefreshToken()  # `for_user` would write each row by itself
        token["user_id"] = str(users[n % USERS].pk)
        made.append((token, str(token), str(token.access_token)))
    OutstandingToken.objects.bulk_create(
        OutstandingToken(
            user=users[n % USERS],
            jti=token["jti"],
            token=text,
            created_at=token.current_time,
            expires_at=datetime_from_epoch(token["exp"]),
        )
        for n, (token, text, _) in enumerate(made)
    )
    for _, text, access in made:
        yield [access, text]
