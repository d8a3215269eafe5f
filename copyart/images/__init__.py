"""Photos and paintings as files: opened from every kind, written with what belongs to the photo."""

from copyart.images.formats import FORMATS, Format, format_of
from copyart.images.listing import is_picture, list_pictures
from copyart.images.photo import Photo, open_photo, to_photo
from copyart.images.saving import check_free, encode, make_folder, save_painting, side_by_side

__all__ = [
    "FORMATS",
    "Format",
    "Photo",
    "check_free",
    "encode",
    "format_of",
    "is_picture",
    "list_pictures",
    "make_folder",
    "open_photo",
    "save_painting",
    "side_by_side",
    "to_photo",
]
