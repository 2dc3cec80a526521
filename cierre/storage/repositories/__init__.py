"""All SQL, by table. Each function is one act of storage; its statement stands above it."""
