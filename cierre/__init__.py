"""One contract for closing sessions, and what lives off it."""

import warnings

# Connexion imports Starlette's test client, which warns of httpx; nothing of ours uses it.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
