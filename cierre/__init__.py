"""One contract for closing sessions, and what lives off it."""
