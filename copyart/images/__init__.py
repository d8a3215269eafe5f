"""Photos and paintings as files: opened from every kind, written with what belongs to the photo."""

from copyart.images.checking import check_file, check_photo, read_size
from copyart.images.formats import FORMATS, Format, check_writable, format_of
from copyart.images.large import LargePhoto, open_large
from copyart.images.listing import is_picture, list_pictures
from copyart.images.metadata import Metadata
from copyart.images.photo import Photo, count_frames, damaged, measure_photo, open_photo, to_photo
from copyart.images.saving import (
    check_folder,
    check_free,
    encode,
    fitted,
    in_rows,
    options_for,
    save_painting,
    side_by_side,
    stacked,
)
from copyart.images.streaming import can_stream, save_strips

__all__ = [
    "FORMATS",
    "Format",
    "LargePhoto",
    "Metadata",
    "Photo",
    "can_stream",
    "check_file",
    "check_folder",
    "check_free",
    "check_photo",
    "check_writable",
    "count_frames",
    "damaged",
    "encode",
    "fitted",
    "format_of",
    "in_rows",
    "is_picture",
    "list_pictures",
    "measure_photo",
    "open_large",
    "open_photo",
    "options_for",
    "read_size",
    "save_painting",
    "save_strips",
    "side_by_side",
    "stacked",
    "to_photo",
]
