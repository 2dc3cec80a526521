"""Access tokens, the keys that sign them, and opaque tokens: refresh tokens and those of Laravel Sanctum."""
