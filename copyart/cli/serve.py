"""`copyart serve`: a page on which anyone paints a photo."""

import signal

from copyart.cli.console import say
from copyart.cli.flags import with_flags
from copyart.config import ServeConfig
from copyart.devices import check_device, keep_memory
from copyart.extras import require


@with_flags
def serve(config: ServeConfig) -> None:
    """Open a page where anyone paints photos. It is an API too. Ctrl-C ends it when what was begun is done."""
    require("serve", "copyart serve")
    check_device(config.device)

    from copyart.serving import serve

    keep_memory()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn raises once more what it has obeyed
    serve(config, lambda address: say(f"Painting at {address}  (Ctrl-C stops)"))
