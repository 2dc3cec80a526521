"""A document's requests as collections that other programs open; loaded by `cierre spec collection` alone."""
