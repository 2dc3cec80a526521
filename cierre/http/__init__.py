"""Between HTTP and the handlers: admission, security, validation, and answers in the caller's dialect."""
