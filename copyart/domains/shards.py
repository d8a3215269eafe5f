"""The files of a large dataset that hold the rows that are wanted: found out before any of them is fetched."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from copyart.domains.parquet import has_rows
from copyart.errors import DomainError, first_line

logger = logging.getLogger(__name__)

_AT_ONCE = 8


def shards_with(repo: str, commit: str, names: Sequence[str], rows: Mapping[str, str]) -> list[str]:
    """The parquet files of a dataset on the Hub that have rows with these values.

    Only the columns that decide are read, some kilobytes of each file. Of one artist among a hundred and more, most
    files hold nothing: there is no need for the 38 GB of WikiArt to paint like one of them.

    Args:
        repo: `owner/name`.
        commit: Of the dataset.
        names: The files.
        rows: The values by column, as `unpack_parquet` takes them.

    Raises:
        DomainError: If there are no such columns, classes or rows.
    """
    from huggingface_hub import HfFileSystem

    files = HfFileSystem(skip_instance_cache=True)

    def holds(name: str) -> bool:
        path = f"datasets/{repo}@{commit}/{name}"
        with files.open(path, cache_type="none") as remote:
            return has_rows(remote, PurePosixPath(path), rows)

    logger.info("%s: looking which of its %d files have what is wanted", repo, len(names))
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [name for name, held in zip(names, pool.map(holds, names), strict=True) if held]
    except DomainError:
        raise
    except Exception as error:  # noqa: BLE001  # of any library on the way: all of the files will do as well
        logger.info("%s: that cannot be told without fetching them: %s", repo, first_line(error))
        return list(names)
    if not found:
        asked = ", ".join(f"{column} {word!r}" for column, word in rows.items())
        raise DomainError(f"{repo}: no row has {asked}")
    return found
