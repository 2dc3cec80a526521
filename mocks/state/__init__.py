"""State for any document: what was made is listed, read, changed and deleted; loaded with `--stateful` alone."""
