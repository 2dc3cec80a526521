"""The defects and their subjects in Spanish, by the English that they are registered with."""

from __future__ import annotations

TEXTS = {
    "Answers": "Respuestas",
    "Headers and negotiation": "Cabeceras y negociación",
    "Requests": "Peticiones",
    "Tokens": "Tokens",
    "Closing sessions": "Cierre de sesiones",
    "Repeated and simultaneous logouts": "Logouts repetidos y simultáneos",
    "Logins and passwords": "Inicios de sesión y contraseñas",
    "OAuth": "OAuth",
    "Audit log": "Registro de auditoría",
    # Answers
    "a required field is missing in the success of logout": "falta un campo obligatorio en el éxito del logout",
    "a number is a string": "un número es una cadena",
    "a field that the contract does not have is sent": "se envía un campo que el contrato no tiene",
    "times have no milliseconds and no zone": "las horas no tienen ni milisegundos ni zona",
    "a value is none of the enumeration": "un valor no es ninguno de la enumeración",
    "the constant of document 000 is a number": "la constante del documento 000 es un número",
    "401 of document 000 has a body": "el 401 del documento 000 tiene cuerpo",
    "the success of document 004 has a body": "el éxito del documento 004 tiene cuerpo",
    "an error names another path": "un error nombra otra ruta",
    "an answer is not JSON at all": "una respuesta no es JSON siquiera",
    "the body has another character set": "el cuerpo tiene otro juego de caracteres",
    "a field comes twice": "un campo viene dos veces",
    "return=minimal empties failures as well": "return=minimal vacía también los fallos",
    "times of a logout are local time with a Z behind": "las horas de un logout son la hora local con una Z detrás",
    "success of logout is 201": "el éxito del logout es 201",
    "a wrong password is 403": "una contraseña equivocada es 403",
    "an unknown user is 200": "un usuario desconocido es 200",
    "a body that breaks the schema is 422": "un cuerpo que incumple el esquema es 422",
    "a body of an unknown type is 400 instead of 415": "un cuerpo de tipo desconocido es 400 en lugar de 415",
    "a bad refresh token ends in 500": "un refresh token malo acaba en 500",
    "one request in fifteen fails": "falla una petición de cada quince",
    "an error has another code": "un error tiene otro código",
    "an error has the code of another situation": "un error tiene el código de otra situación",
    "the status in the body is not the status": "el estado del cuerpo no es el estado",
    "the trace of the body is not that of the header": "la traza del cuerpo no es la de la cabecera",
    "the number of document 002 is a text": "el número del documento 002 es un texto",
    "a failed login says whether the user exists": "un inicio de sesión fallido dice si el usuario existe",
    "a 400 repeats the password": "un 400 repite la contraseña",
    "a 400 repeats the refresh token": "un 400 repite el refresh token",
    # Headers and negotiation
    "X-Trace-Id is missing": "falta X-Trace-Id",
    "401 comes without a challenge": "el 401 viene sin un desafío",
    "Vary does not name Prefer": "Vary no nombra Prefer",
    "the old path does not say that it is deprecated": "la ruta antigua no dice que está en desuso",
    "Sunset is missing": "falta Sunset",
    "Sunset is an ISO date": "Sunset es una fecha ISO",
    "tokens may be stored by caches": "las cachés pueden guardar tokens",
    "the cookie can be read by scripts": "los scripts pueden leer la cookie",
    "the cookie is emptied, but does not expire": "la cookie se vacía, pero no caduca",
    "405 does not say what is allowed": "el 405 no dice qué está permitido",
    "Accept is ignored": "se ignora Accept",
    "the weights of Accept are ignored: the first named wins": (
        "se ignoran los pesos de Accept: gana el primero nombrado"
    ),
    "a vendor type is answered as application/json": "un tipo propio se responde como application/json",
    "Accept-Language is ignored": "se ignora Accept-Language",
    "the weights of Accept-Language are ignored: the first named wins": (
        "se ignoran los pesos de Accept-Language: gana el primero nombrado"
    ),
    "Content-Language says the language that was asked for, the message has another": (
        "Content-Language dice el idioma que se pidió, el mensaje tiene otro"
    ),
    "Prefer: return=minimal is ignored": "se ignora Prefer: return=minimal",
    "handling=lenient is ignored": "se ignora handling=lenient",
    "an Accept that nothing satisfies is not refused": "no se rechaza un Accept que nada satisface",
    # Requests
    "unknown fields are accepted": "se aceptan campos desconocidos",
    "a reason longer than the contract allows is accepted": (
        "se acepta un motivo más largo de lo que el contrato permite"
    ),
    "a limit out of bounds is cut instead of refused": "un límite fuera de rango se recorta en lugar de rechazarse",
    "logoutAll together with deviceId is accepted": "se acepta logoutAll junto con deviceId",
    "logoutAll: false beside a deviceId is refused": "se rechaza logoutAll: false junto a un deviceId",
    "a device that is written with spaces or signs is accepted": (
        "se acepta un dispositivo escrito con espacios o signos"
    ),
    "an empty body is refused": "se rechaza un cuerpo vacío",
    "an answer takes longer than a client waits": "una respuesta tarda más de lo que un cliente espera",
    "an undocumented method works": "funciona un método sin documentar",
    # Tokens
    "a missing token is not noticed": "no se nota que falta un token",
    "the authentication scheme is not checked": "no se comprueba el esquema de autenticación",
    "the signature is not checked": "no se comprueba la firma",
    "a token outlives its session": "un token sobrevive a su sesión",
    "the abilities of a token are not asked": "no se pregunta por los permisos de un token",
    "an opaque token that was rotated still works": "un token opaco ya rotado aún sirve",
    "the refresh token outlives its session": "el refresh token sobrevive a su sesión",
    "a refresh does not rotate": "una renovación no rota",
    "a replayed refresh token is refused, its session stays open": (
        "un refresh token repetido se rechaza, su sesión sigue abierta"
    ),
    "expiresIn of a refresh is in milliseconds": "expiresIn de una renovación está en milisegundos",
    "a foreign origin may use the cookie": "un origen ajeno puede usar la cookie",
    "refresh takes the cookie from a foreign origin": "la renovación acepta la cookie de un origen ajeno",
    "Sec-Fetch-Site: cross-site is not checked": "no se comprueba Sec-Fetch-Site: cross-site",
    "the cookie wins over the body": "la cookie gana al cuerpo",
    "a refresh by cookie has the token in the body, too": (
        "una renovación con cookie tiene el token también en el cuerpo"
    ),
    # Closing sessions
    "logoutAll leaves the other sessions open": "logoutAll deja abiertas las demás sesiones",
    "deviceId is ignored: the calling session is closed": "se ignora deviceId: se cierra la sesión que llama",
    "closing one device closes the others, too": "cerrar un dispositivo cierra también los demás",
    "another user's device can be closed": "se puede cerrar el dispositivo de otro usuario",
    "user_id is not compared with the token's user": "user_id no se compara con el usuario del token",
    "/logout answers 401 for another's user_id, and closes": "/logout responde 401 al user_id de otro, y cierra",
    "every user may force others to log out": "todo usuario puede forzar el cierre de otros",
    "return=minimal answers 204 and does nothing": "return=minimal responde 204 y no hace nada",
    "logout answers before it is done": "el logout responde antes de estar hecho",
    "sessionsClosed is always 1": "sessionsClosed es siempre 1",
    "activeSessions is always 0": "activeSessions es siempre 0",
    "logoutType of a logout is always single_device": "logoutType de un logout es siempre single_device",
    "force_logout says that it closed nothing": "force_logout dice que no cerró nada",
    "deviceIds has repeats": "deviceIds tiene repetidos",
    "the list of sessions shows those of another user": "la lista de sesiones muestra las de otro usuario",
    "another user's session is found": "se encuentra la sesión de otro usuario",
    "a closed session is called active": "de una sesión cerrada se dice que está activa",
    "the list has address and browser of the calling request for every session": (
        "la lista tiene en cada sesión la dirección y el navegador de la petición que llama"
    ),
    "the newest session is shown as the current one": "la sesión más nueva se muestra como la actual",
    # Repeated and simultaneous logouts
    "a race has two winners": "una carrera tiene dos ganadores",
    "a second logout is always a success": "un segundo logout es siempre un éxito",
    "a second logout says that it was closed just now": "un segundo logout dice que se acaba de cerrar",
    "Idempotency-Key is ignored": "se ignora Idempotency-Key",
    "the old paths do not know Idempotency-Key": "las rutas antiguas no conocen Idempotency-Key",
    "an Idempotency-Key is shared by all users": "todos los usuarios comparten un Idempotency-Key",
    # Logins and passwords
    "a wrong password opens a session": "una contraseña equivocada abre una sesión",
    "a login is answered from a cache": "un inicio de sesión se responde desde una caché",
    "a confidential client's secret is not asked at login": (
        "al iniciar sesión no se pide el secreto de un cliente confidencial"
    ),
    "a confidential client's secret is not asked at refresh": (
        "al renovar no se pide el secreto de un cliente confidencial"
    ),
    "the client's dialect is ignored": "se ignora el dialecto del cliente",
    "a login without a device is always on the device `unknown`": (
        "un inicio de sesión sin dispositivo es siempre en el dispositivo `unknown`"
    ),
    "every user has the role EMPLEADO in answers": "todo usuario tiene el rol EMPLEADO en las respuestas",
    "a new password leaves the other sessions open": "una contraseña nueva deja abiertas las demás sesiones",
    "a change of the password does not check the current one": "un cambio de contraseña no comprueba la actual",
    "a new password is not saved: the old one stays": "una contraseña nueva no se guarda: queda la antigua",
    # OAuth
    "introspection of an inactive token gives the reason": "la introspección de un token inactivo da el motivo",
    "introspection lags behind a logout": "la introspección va por detrás de un logout",
    "the times of introspection are in milliseconds": "las horas de la introspección están en milisegundos",
    "introspection says the session id as sub": "la introspección da como sub el id de la sesión",
    "introspection does not know live refresh tokens": "la introspección no conoce los refresh tokens vivos",
    "a revocation does nothing": "una revocación no hace nada",
    "an access token that is revoked lives on": "un token de acceso revocado sigue vivo",
    "any client may revoke a token of another": "cualquier cliente puede revocar un token de otro",
    "the token endpoint refreshes closed sessions from a cache": (
        "el endpoint de tokens renueva desde una caché sesiones cerradas"
    ),
    "the metadata names endpoints that do not exist": "los metadatos nombran endpoints que no existen",
    "the private part of the key is published": "se publica la parte privada de la clave",
    "the key in use is not published under its kid": "la clave en uso no se publica bajo su kid",
    # Audit log
    "every user may read the audit log": "todo usuario puede leer el registro de auditoría",
    "times are numbers": "las horas son números",
    "an optional field is null where it should be a text": "un campo opcional es null donde debería ser un texto",
    "a session that was closed at once lasted a negative time": (
        "una sesión que se cerró enseguida duró un tiempo negativo"
    ),
    "sessionDuration is in seconds": "sessionDuration está en segundos",
    "each row of the audit log has a trace id of its own": (
        "cada fila del registro de auditoría tiene un id de traza propio"
    ),
    "the audit log has the administrator's reason only in ASCII": (
        "el registro de auditoría tiene el motivo del administrador solo en ASCII"
    ),
    "a forced logout does not name the administrator": "un cierre forzado no nombra al administrador",
    "the audit log has a row twice": "el registro de auditoría tiene una fila dos veces",
    "filters of the audit log are ignored": "se ignoran los filtros del registro de auditoría",
    "from, to and logoutType of the audit log are ignored": (
        "se ignoran from, to y logoutType del registro de auditoría"
    ),
}
