"""Domains: a name, folder, archive, list, TFRecords, or an address on the Hub or Kaggle in, a list of pictures out.

Nothing here loads torch. `find_domain` finds the pictures, `clean` says which of them there is something to learn
from, `named_domains` which have a name.
"""

from copyart.domains.cleaning import REASONS, Cleaned, Left, clean, summary
from copyart.domains.finding import (
    STDIN,
    absolute,
    check_domain,
    find_domain,
    find_named,
    is_here,
    kept_in,
    places_of,
    short_name,
)
from copyart.domains.listing import Listing, evenly
from copyart.domains.sheet import contact_sheet
from copyart.domains.table import NamedDomain, named_domains, own_table

__all__ = [
    "REASONS",
    "STDIN",
    "Cleaned",
    "Left",
    "Listing",
    "NamedDomain",
    "absolute",
    "check_domain",
    "clean",
    "contact_sheet",
    "evenly",
    "find_domain",
    "find_named",
    "is_here",
    "kept_in",
    "named_domains",
    "own_table",
    "places_of",
    "short_name",
    "summary",
]
