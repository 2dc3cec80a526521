"""How every node learns what is revoked."""
