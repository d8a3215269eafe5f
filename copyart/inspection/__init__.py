"""Shows the work of a style's layers: their strongest channels, and the painting as part after part joins in."""

from copyart.destinations import PAGE
from copyart.inspection.looking import Channel, Inspection, Layer, Stage, inspect
from copyart.inspection.writing import draw_layers, draw_stages, save_inspection

__all__ = [
    "PAGE",
    "Channel",
    "Inspection",
    "Layer",
    "Stage",
    "draw_layers",
    "draw_stages",
    "inspect",
    "save_inspection",
]
