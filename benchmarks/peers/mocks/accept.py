"""What Connexion's mock needs to let a bearer token pass: any will do, as with the other mocks."""


def bearer(token: str) -> dict[str, str]:
    return {"sub": token}
