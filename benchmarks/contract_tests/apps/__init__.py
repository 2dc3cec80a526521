"""Applications with planted bugs; an answer that shows one has its name in X-Planted-Bug."""

MARK = "X-Planted-Bug"
TOKEN = "shop-token-0123456789"
