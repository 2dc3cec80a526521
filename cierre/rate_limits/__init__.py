"""Rate limits: documents 001 (60 a minute) and 003 (30 in 5 minutes an IP), both at once, and limits on guessing."""
