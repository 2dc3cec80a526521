"""Values that a schema allows, made from the schema."""
