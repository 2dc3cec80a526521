"""Django as its deployment checklist says: DEBUG off, persistent connections, only what is needed."""

import os

PEER = os.environ["PEER"]

SECRET_KEY = "only-for-the-benchmark-" * 3
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
USE_TZ = True
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "audit"]
INSTALLED_APPS += ["knox"] if PEER == "knox" else ["rest_framework_simplejwt.token_blacklist"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["DATABASE"],
        "USER": os.environ["PGUSER"],
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "CONN_MAX_AGE": None,
    }
}

AUTHENTICATION = {
    "knox": "knox.auth.TokenAuthentication",
    "simplejwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION[PEER]],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}

if os.environ.get("CHEAP_HASH"):  # what a login costs without its hash, which is PBKDF2 otherwise
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
