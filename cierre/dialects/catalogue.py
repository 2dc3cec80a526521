"""What each dialect says of a code: the one table.

A row holds the envelope's code (document 001), the respuesta's number (document 002), and the words in both
languages. Where a document has words of its own for a situation they stand in `own`, by dialect.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")


class Text(NamedTuple):
    """One message in both languages."""

    es: str
    en: str

    def __call__(self, language: Language) -> str:
        return self.es if language == "es" else self.en


class Entry(NamedTuple):
    """One code in every dialect.

    Attributes:
        text: the words; `{error.name}` stands for an attribute of the error.
        own: words that one dialect's document gives, by the dialect's name.
    """

    envelope: str
    respuesta: int
    text: Text
    own: dict[str, Text] = {}  # noqa: RUF012 - a NamedTuple's default; nothing writes to it


_DTO_REFRESH = Text("El token de refresco es inválido o ha expirado.", "The refresh token is invalid or has expired.")
_RESPUESTA_INVALID = Text("Token inválido", "Invalid token")
_RESPUESTA_MISSING = Text("Usuario no autenticado", "User not authenticated")

# By situation, since INVALID_ACCESS_TOKEN is 3001 where no token came and 3002 where a bad one did.
CATALOGUE: dict[str, Entry] = {
    "validation_failed": Entry(
        "VALIDATION_FAILED",
        4000,
        Text("La solicitud no cumple el contrato", "The request does not conform to the contract"),
    ),
    "token_missing": Entry(
        "UNAUTHORIZED",
        3001,
        Text("Token de acceso inválido o expirado", "Invalid or expired access token"),
        {"respuesta": _RESPUESTA_MISSING, "envelope": Text("No autenticado", "Unauthenticated"), "dto": _DTO_REFRESH},
    ),
    "token_invalid": Entry(
        "UNAUTHORIZED",
        3002,
        Text("Token de acceso inválido o expirado", "Invalid or expired access token"),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "token_revoked": Entry(
        "UNAUTHORIZED",
        3002,
        Text("Token de acceso inválido o expirado", "Invalid or expired access token"),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "token_expired": Entry(
        "UNAUTHORIZED",
        3002,
        Text("El token de acceso ha expirado", "The access token has expired"),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "refresh_token_invalid": Entry("UNAUTHORIZED", 3002, _DTO_REFRESH, {"respuesta": _RESPUESTA_INVALID}),
    "refresh_token_expired": Entry(
        "UNAUTHORIZED",
        3002,
        Text("El token de refresco ha expirado", "The refresh token has expired"),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "refresh_token_reused": Entry(
        "UNAUTHORIZED",
        3002,
        Text(
            "El token de refresco ya fue utilizado; la sesión se ha cerrado por seguridad",
            "The refresh token was already used; the session has been closed for security",
        ),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "login_failed": Entry(
        "INVALID_CREDENTIALS", 3003, Text("Usuario o contraseña incorrectos", "Wrong username or password")
    ),
    "reauthentication_required": Entry(
        "REAUTHENTICATION_REQUIRED",
        3020,
        Text(
            "Inicie sesión de nuevo: se requiere una contraseña introducida hace {error.max_age} s como máximo",
            "Log in again: a password entered at most {error.max_age} s ago is required",
        ),
    ),
    "password_too_short": Entry(
        "PASSWORD_REFUSED",
        4020,
        Text(
            "La contraseña nueva debe tener al menos {error.min_length} caracteres",
            "The new password must have at least {error.min_length} characters",
        ),
    ),
    "password_too_common": Entry(
        "PASSWORD_REFUSED",
        4021,
        Text(
            "La contraseña nueva es una de las más comunes; elija otra",
            "The new password is one of the most common; choose another",
        ),
    ),
    "password_contains_name": Entry(
        "PASSWORD_REFUSED",
        4022,
        Text(
            "La contraseña nueva no debe contener el nombre de usuario ni el correo",
            "The new password must not contain the username or e-mail address",
        ),
    ),
    "role_required": Entry(
        "FORBIDDEN",
        3004,
        Text("No tiene permiso para realizar esta operación", "You are not allowed to perform this operation"),
    ),
    "ability_required": Entry(
        "ABILITY_REQUIRED",
        3008,
        Text("El token no tiene la capacidad necesaria", "The token lacks the ability that this operation needs"),
    ),
    "foreign_origin": Entry(
        "FOREIGN_ORIGIN",
        3005,
        Text(
            "La solicitud procede de un origen no permitido",
            "The request comes from an origin that is not allowed",
        ),
    ),
    "route_not_found": Entry("NOT_FOUND", 4004, Text("El recurso no existe", "The resource does not exist")),
    "already_closed": Entry(
        "UNAUTHORIZED",
        3002,
        Text(
            "La sesión ya ha sido cerrada o no existe",
            "The session has already been closed or does not exist",
        ),
        {"respuesta": _RESPUESTA_INVALID, "dto": _DTO_REFRESH},
    ),
    "session_unknown": Entry("SESSION_UNKNOWN", 4016, Text("La sesión no existe", "The session does not exist")),
    "device_not_found": Entry(
        "DEVICE_SESSION_NOT_FOUND",
        4005,
        Text(
            "No se encontró una sesión activa para este dispositivo",
            "No active session was found for this device",
        ),
    ),
    "user_not_found": Entry("USER_NOT_FOUND", 4006, Text("El usuario no existe", "The user does not exist")),
    "method_not_allowed": Entry("METHOD_NOT_ALLOWED", 4007, Text("Método no permitido", "Method not allowed")),
    "not_acceptable": Entry(
        "NOT_ACCEPTABLE",
        4008,
        Text("Ningún formato disponible satisface Accept", "No available representation satisfies Accept"),
    ),
    "idempotency_key_in_flight": Entry(
        "IDEMPOTENCY_KEY_IN_FLIGHT",
        4009,
        Text(
            "La primera solicitud con esta clave aún no ha terminado",
            "The first request with this key has not finished yet",
        ),
    ),
    "payload_too_large": Entry(
        "PAYLOAD_TOO_LARGE",
        4010,
        Text("El cuerpo de la solicitud es demasiado grande", "The request body is too large"),
    ),
    "unsupported_media_type": Entry(
        "UNSUPPORTED_MEDIA_TYPE",
        4011,
        Text("Tipo de contenido no admitido", "Unsupported media type"),
    ),
    "idempotency_key_reused": Entry(
        "IDEMPOTENCY_KEY_REUSED",
        4012,
        Text(
            "La clave de idempotencia ya se usó con otra solicitud",
            "The idempotency key was already used for another request",
        ),
    ),
    "rate_limited": Entry(
        "RATE_LIMIT_EXCEEDED",
        4013,
        Text(
            "Demasiados intentos de logout. Intente nuevamente más tarde.",
            "Too many logout attempts. Try again later.",
        ),
    ),
    "login_rate_limited": Entry(
        "RATE_LIMIT_EXCEEDED",
        4013,
        Text(
            "Demasiados intentos de inicio de sesión. Intente nuevamente más tarde.",
            "Too many login attempts. Try again later.",
        ),
    ),
    "attempt_rate_limited": Entry(
        "RATE_LIMIT_EXCEEDED",
        4013,
        Text(
            "Demasiados intentos fallidos. Intente nuevamente más tarde.", "Too many failed attempts. Try again later."
        ),
    ),
    "client_authentication_failed": Entry(
        "INVALID_CLIENT", 3006, Text("Cliente desconocido o secreto incorrecto", "Unknown client or wrong secret")
    ),
    "invalid_grant": Entry(
        "INVALID_GRANT", 3007, Text("El token de refresco no es válido", "The refresh token is not valid")
    ),
    "unsupported_grant_type": Entry(
        "UNSUPPORTED_GRANT_TYPE", 4014, Text("Solo se admite refresh_token", "Only refresh_token is supported")
    ),
    "unsupported_token_type": Entry(
        "UNSUPPORTED_TOKEN_TYPE",
        4015,
        Text("Este tipo de token no se puede revocar", "Tokens of this type cannot be revoked"),
    ),
    "internal_error": Entry("INTERNAL_ERROR", 9999, Text("Error inesperado del servidor", "Unexpected server error")),
    "service_unavailable": Entry(
        "SERVICE_UNAVAILABLE",
        9503,
        Text("Servicio no disponible temporalmente", "Service temporarily unavailable"),
    ),
    "login_queue_full": Entry(
        "SERVICE_UNAVAILABLE",
        9503,
        Text(
            "Demasiados inicios de sesión a la vez. Intente nuevamente en unos segundos.",
            "Too many logins at once. Try again in a few seconds.",
        ),
    ),
}

# The words of a logout's success, by logout type; `respuesta` has one of its own (document 002, "Response").
LOGOUT_SUCCESS: dict[str, Text] = {
    "single_device": Text("Sesión cerrada exitosamente", "Session closed successfully"),
    "specific_device": Text("Sesión del dispositivo cerrada exitosamente", "Device session closed successfully"),
    "all_devices": Text(
        "Todas las sesiones han sido cerradas exitosamente", "All sessions have been closed successfully"
    ),
    "admin_forced": Text(
        "Las sesiones del usuario han sido cerradas por un administrador",
        "The user's sessions have been closed by an administrator",
    ),
    "automatic": Text("Sesión cerrada automáticamente", "Session closed automatically"),
}
RESPUESTA_SUCCESS = Text("Sesión cerrada correctamente", "Session closed successfully")
