"""Values that a schema allows, made from the schema: `values` is where the rest of the mock asks for one."""
