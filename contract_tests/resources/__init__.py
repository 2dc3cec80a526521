"""The things that an API keeps: made, read, changed, listed and deleted as a client would, from any document.

No links are needed: which id an answer gives and where it belongs is inferred from names and schemas.
"""
