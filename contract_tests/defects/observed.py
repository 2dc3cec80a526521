"""What defects know of the contract and of the traffic: paths, and whose the access tokens are."""

from __future__ import annotations

from cierre.contract_tests.defects.proxy import ProxyRequest, ProxyResponse

LOGIN, LOGOUT, REFRESH = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/auth/refresh"
SESSIONS, PASSWORD = "/api/v1/auth/sessions", "/api/v1/auth/password"
FORCE_LOGOUT, AUDIT = "/api/v1/admin/users/force-logout", "/api/v1/admin/audit-events"
USER_TOKEN_LOGOUT, REFRESH_TOKEN_LOGOUT = "/logout", "/api/auth/logout"
INTROSPECT, REVOKE, TOKEN = "/oauth2/introspect", "/oauth2/revoke", "/oauth2/token"
DEMO_PASSWORD, CONFIDENTIAL_CLIENT = "cierre-demo", "demo-resource"


class TokenOwners:
    """Access tokens that logins and refreshes gave.

    Attributes:
        user_of: access token → user id.
        admin: the last token of an administrator; empty where there was none.
    """

    def __init__(self) -> None:
        self.user_of: dict[str, str] = {}
        self.admin = ""

    def learn(self, request: ProxyRequest, response: ProxyResponse) -> None:
        """Look at an answer on its way back."""
        if request.path in {LOGIN, REFRESH} and (data := response.data):
            self.user_of[data["accessToken"]] = data["user"]["id"]
            if data["user"]["role"] == "ADMIN":
                self.admin = data["accessToken"]
