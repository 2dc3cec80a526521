"""Credentials of a run: the authentication file, the logins that it describes, and what each request carries."""
