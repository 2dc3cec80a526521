"""Give users a password, hashed as Django hashes it, or as the server with `CHEAP_HASH` does."""

from argparse import ArgumentParser

from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """`python -m django passwords secret 100 1000`: the first hundred users, and the thousand after them."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("password")
        parser.add_argument("strong", type=int)
        parser.add_argument("cheap", type=int)

    def handle(self, *, password: str, strong: int, cheap: int, **_: object) -> None:
        md5 = MD5PasswordHasher()
        users = list(User.objects.order_by("pk")[: strong + cheap])
        hashes = (make_password(password), md5.encode(password, md5.salt()))
        for user in users:
            user.password = hashes[0] if user.pk <= users[strong - 1].pk else hashes[1]
        User.objects.bulk_update(users, ["password"], batch_size=1000)
