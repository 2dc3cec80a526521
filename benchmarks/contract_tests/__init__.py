"""What `cierre contract` finds and what plain schemathesis finds, on applications whose bugs are known."""
