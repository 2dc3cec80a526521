"""Each operation of the contract, asked for once and more."""

import re

from tests.support.running import ADMIN, USER, bearer

V1 = "/api/v1/auth"


async def every_request(service):
    """Each operation, with success and with the failures that ask the database something else."""
    client = service.client
    minted = await service.mint(12)
    admin = (await service.login(ADMIN))["accessToken"]
    opaque = await service.login(tokenFormat="opaque", deviceId="tablet")
    (old,) = await service.mint(age=3_600_000)
    await service.sessions(old.access)
    await service.sessions(opaque["accessToken"])
    await service.sessions(minted[0].access)
    await client.get(f"{V1}/sessions/{minted[0].session_id}", headers=bearer(minted[0].access))
    await client.post(f"{V1}/refresh", json={"refreshToken": minted[1].refresh})
    await client.post(f"{V1}/refresh", json={"refreshToken": minted[1].refresh})
    await client.post(f"{V1}/refresh", json={"refreshToken": opaque["refreshToken"]})
    first = token = (await service.login(deviceId="phone"))["refreshToken"]
    for _ in range(2):
        token = (await client.post(f"{V1}/refresh", json={"refreshToken": token})).json()["data"]["refreshToken"]
    # Its row is gone, and its family is known: a replay.
    assert (await client.post(f"{V1}/refresh", json={"refreshToken": first})).status_code == 401
    await service.logout(minted[2].access, **{"Idempotency-Key": "one"})
    await service.logout(minted[2].access, **{"Idempotency-Key": "one"})
    await service.logout(minted[2].access, Prefer="handling=lenient")
    await service.logout(minted[3].access, {"deviceId": minted[4].access[:8]})
    await service.logout(minted[3].access, {"deviceId": "minted-4"})
    await service.logout("1|abcdef1234567890")
    await service.logout("1|abcdef1234567890")
    await client.post("/api/auth/logout", json={"refreshToken": minted[5].refresh})
    await client.post("/logout", json={"user_id": USER, "token": minted[6].access})
    form = {"token": minted[7].refresh, "client_id": "cierre"}
    resource = ("demo-resource", "cierre-demo")
    await client.post("/oauth2/introspect", data={"token": minted[7].access}, auth=resource)
    await client.post("/oauth2/introspect", data={"token": minted[7].refresh}, auth=resource)
    await client.post("/oauth2/revoke", data=form)
    form = {"grant_type": "refresh_token", "refresh_token": minted[8].refresh, "client_id": "cierre"}
    await client.post("/oauth2/token", data=form)
    passwords = {"currentPassword": "cierre-demo", "newPassword": "cierre-demo-2"}
    await client.post(f"{V1}/password", json=passwords, headers=bearer(minted[9].access))
    assert (await service.logout(minted[9].access, {"logoutAll": True})).status_code == 200
    body = {"userId": USER, "reason": "security_incident"}
    await client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin))
    for query in (
        "",
        f"?userId={USER}",
        f"?sessionId={minted[0].session_id}",
        f"?userId={USER}&cursor=5&event=user_logout",
    ):
        answer = await client.get(f"/api/v1/admin/audit-events{query}", headers=bearer(admin))
        assert answer.status_code == 200
    for query in ("", "?kind=rate_limited&by=address"):
        assert (await client.get(f"/api/v1/admin/suspicions{query}", headers=bearer(admin))).status_code == 200
    for query in ("", "?status=parked&cursor=1", f"?receiver=siem&kind=ssf&userId={USER}"):
        assert (await client.get(f"/api/v1/admin/deliveries{query}", headers=bearer(admin))).status_code == 200
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/health/live", "/health/ready"):
        assert (await client.get(path)).status_code == 200
    await client.get("/metrics")


def operation_of(paths, method, path):
    """The operationId of a request.

    Args:
        paths: of the contract, by their templates.
    """
    for template, item in paths.items():
        if method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return item[method.lower()]["operationId"]
    raise LookupError(f"{method} {path}")
