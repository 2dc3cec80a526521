"""The mock behind uvicorn: as a program, in a thread of a test, and with its document reloaded after an edit."""
