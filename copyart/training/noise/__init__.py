"""Learns to make pictures out of noise that could be of the kind of those that it is shown."""
