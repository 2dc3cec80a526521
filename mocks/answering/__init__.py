"""From a request to one operation to its reply: checked, selected among the documented responses, and rendered."""
