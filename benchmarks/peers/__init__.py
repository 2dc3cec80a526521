"""What a user would pick instead of Cierre: one folder a peer, its program beside what drives it."""
