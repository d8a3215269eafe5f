"""`copyart domains`: what there is to learn from."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copyart.cli import options
from copyart.cli.choosing import place
from copyart.cli.console import new_table, say, show_table
from copyart.config import DOMAIN_FORMS, SaveConfig
from copyart.errors import OptionError

if TYPE_CHECKING:
    from copyart.domains import NamedDomain


def domains(
    domain: Annotated[
        str | None, typer.Argument(metavar="DOMAIN", help=f"What to look at: {DOMAIN_FORMS}. (default: a list)")
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Draw a contact sheet of its pictures, after fetching them; or a folder."),
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch its pictures, if they are not here.")] = False,
    overwrite: options.Overwrite = False,
) -> None:
    """List the named domains, or show one. What it is, where it is kept, what can be learned from it."""
    if domain is None:
        if sheet or download:
            raise OptionError("say which domain, as in: copyart domains monet --sheet monet.png")
        _list()
        return
    if sheet is None:
        _show(domain, None, download=download)
        return

    from copyart.domains import short_name
    from copyart.images import check_writable, format_of

    file = place(sheet, f"{short_name(domain) or 'sheet'}.png", overwrite=overwrite)
    check_writable(format_of(file.name), str(file))
    _show(domain, file, download=download)


def _list() -> None:
    from copyart.domains import is_here, named_domains, own_table

    table = new_table()
    table.add_column("domain", no_wrap=True)
    table.add_column("title")
    table.add_column("pictures", justify="right", no_wrap=True)
    table.add_column("to fetch", justify="right", no_wrap=True)
    table.add_column("here", no_wrap=True)
    table.add_column("licence")
    for row in named_domains().values():
        here = not row.takes_word and any(map(is_here, row.sources))
        pictures = f"{row.pictures:,}" if row.pictures else ""
        table.add_row(row.usage, row.title, pictures, _size(row), "yes" if here else "", row.license)
    show_table(table)
    say(f"Your own go into {own_table()}", error=True)


def _show(domain: str, sheet: Path | None, *, download: bool) -> None:
    from copyart.domains import clean, find_domain, is_here, places_of, summary
    from copyart.recipes import configure

    places = places_of(domain)
    here = [place for place in places if is_here(place)]
    _describe(domain, places, here)
    if not (here or sheet or download):
        say("It is not here yet; --download fetches it, and so does training with it.")
        return
    listing = find_domain(domain, progress=sys.stderr.isatty())
    cleaned = clean(listing, least=configure().load_size // 2)
    say("")
    for line in summary([cleaned]):
        say(line)
    for left in cleaned.left_out:
        say(f"{left.why}: {left.path}: {left.details}", error=True)
    if sheet:
        _draw(list(cleaned.kept), sheet)


def _describe(domain: str, places: Sequence[str], here: Sequence[str]) -> None:
    """Prints what the tables say of a domain, if they name it, and where it is kept or to go to."""
    from copyart.domains import STDIN, find_named, kept_in

    if found := None if domain in here else find_named(domain):
        row = found[0]
        say(f"title      {row.title}")
        for place in places:
            say(f"from       {place}")
        say(f"pictures   {f'{row.pictures:,}' if row.pictures else 'not known'}")
        say(f"to fetch   {_size(row) or 'not known'}")
        say(f"licence    {row.license}")
        say(f"citation   {row.citation or 'not stated'}")
    for place in here or places:
        if place != STDIN:
            say(f"{'kept in ' if place in here else 'to go to'}   {kept_in(place)}")


def _draw(paths: list[Path], sheet: Path) -> None:
    from copyart.domains import contact_sheet
    from copyart.images import save_painting, to_photo

    image = contact_sheet(paths)
    save_painting(image, to_photo(image), sheet, SaveConfig(overwrite=True, make_folder=True))
    say(str(sheet))


def _size(row: "NamedDomain") -> str:
    if not row.megabytes:
        return ""
    return f"{row.megabytes / 1000:.1f} GB" if row.megabytes >= 1000 else f"{row.megabytes} MB"
