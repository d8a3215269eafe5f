"""Learns to enlarge pictures: large ones are shrunk, and a network learns to give them back."""
