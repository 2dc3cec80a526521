"""What somebody who looks at a running mock sees and changes: requests so far, answers that are set, the page."""
