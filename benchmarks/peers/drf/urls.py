"""Logout, and one address that only an open session may read. Each logout leaves an audit row."""

from audit.models import record
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Me(APIView):
    """Who is asking."""

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})


if settings.PEER == "knox":
    from knox.views import LogoutView as Logout

    def audit_logout(sender: object, request: Request, user: object, **_: object) -> None:  # noqa: ARG001
        record(user, request)

    user_logged_out.connect(audit_logout)
else:
    from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
    from rest_framework_simplejwt.tokens import RefreshToken

    class Logout(APIView):  # type: ignore[no-redef]
        """Blacklist the refresh token, as the package's documentation shows."""

        def post(self, request: Request) -> Response:
            try:
                with transaction.atomic():
                    RefreshToken(request.data["refresh"]).blacklist()
                    record(request.user, request)
            except TokenError as refused:
                raise InvalidToken(*refused.args) from refused
            return Response({"success": True})


urlpatterns = [path("logout", Logout.as_view()), path("me", Me.as_view())]
