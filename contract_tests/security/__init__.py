"""What must not be open: other users' things, roles, members that are the server's, injection, secrets in answers.

What is read off ordinary answers runs always; what tries something that a client must not runs with `--security`.
"""
