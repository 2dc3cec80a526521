"""What is measured: one module a subject, each with one function that returns plain data for the report."""
