"""`make dist`: what is handed out, made so that anybody who builds the same commit gets the same bytes."""
