"""What Cierre costs beside what a user would pick instead, measured in one run on one machine."""
