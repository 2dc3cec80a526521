"""The audit row that every peer writes for every session it closes."""

from django.conf import settings
from django.db import models
from rest_framework.request import Request


class Audit(models.Model):
    """One closed session."""

    at = models.DateTimeField(auto_now_add=True)
    event = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False)
    ip_address = models.CharField(max_length=45)
    user_agent = models.TextField()

    class Meta:
        """Named as with all peers, so that the harness counts them alike."""

        db_table = "peer_audit"

    def __str__(self) -> str:
        return f"{self.event} at {self.at}"


def record(user: object, request: Request) -> None:
    Audit.objects.create(
        event="user_logout",
        user=user,
        ip_address=request.META["REMOTE_ADDR"],
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
    )
