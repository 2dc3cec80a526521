"""What either package brings, and one address that only an open session may read. Each logout leaves an audit row."""

from audit.models import record
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Me(APIView):
    """Who is asking."""

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})


if settings.PEER == "knox":
    from knox.views import LoginView, LogoutAllView, LogoutView

    class Login(LoginView):
        """The password by Basic authentication, as the package's documentation shows."""

        authentication_classes = (BasicAuthentication,)

    def audit_logout(sender: object, request: Request, user: object, **_: object) -> None:  # noqa: ARG001
        record(user, request)

    user_logged_out.connect(audit_logout)
    urlpatterns = [
        path("login", Login.as_view()),
        path("logout", LogoutView.as_view()),
        path("logoutall", LogoutAllView.as_view()),
    ]
else:
    from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
    from rest_framework_simplejwt.tokens import RefreshToken
    from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView

    class Logout(APIView):
        """Blacklist the refresh token, as the package's documentation shows."""

        def post(self, request: Request) -> Response:
            try:
                with transaction.atomic():
                    RefreshToken(request.data["refresh"]).blacklist()
                    record(request.user, request)
            except TokenError as refused:
                raise InvalidToken(*refused.args) from refused
            return Response({"success": True})

    urlpatterns = [
        path("login", TokenObtainPairView.as_view()),
        path("refresh", TokenRefreshView.as_view()),
        path("verify", TokenVerifyView.as_view()),
        path("logout", Logout.as_view()),
    ]

urlpatterns.append(path("me", Me.as_view()))
