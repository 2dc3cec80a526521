"""What closing a session means: functions that read as the sentence they carry out, and nothing of HTTP."""
