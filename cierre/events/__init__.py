"""What happened, told to a message queue as CloudEvents, and to receivers of signals."""
