"""How every node learns what is revoked: the denylist in memory, the feed that fills it, the copy in Redis."""
