"""A validating proxy: requests and answers pass, and are held to the document; loaded by `cierre proxy` alone."""
