"""All SQL of the service, by table: each function runs the statements that stand above it."""
