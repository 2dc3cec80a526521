"""What a running process does beside answering: it connects, sweeps, and says whether it is ready."""
