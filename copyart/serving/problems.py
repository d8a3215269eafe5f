"""Problems, which are answered where no painting is: a status, a code for programs and a line for people (RFC 9457)."""

from starlette.responses import JSONResponse

from copyart.errors import (
    CopyartError,
    DeviceError,
    LargePictureError,
    MissingExtraError,
    NoPictureError,
    OptionError,
    UnknownStyleError,
    UnreadablePictureError,
    UnwritablePictureError,
)


class Problem(Exception):  # noqa: N818  # an answer, not an error
    """A reason not to paint, as the client is told of it.

    Args:
        code: One of `CODES`: programs tell problems apart by it; the page has words for each in every language.
        message: One line: what is wrong and what to do.
        retry_after: In how many seconds to ask again, where that may help.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after
        self.status = CODES[code]

    @property
    def record(self) -> dict[str, object]:
        """The problem details of RFC 9457."""
        later = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {"title": self.code, "status": self.status, "detail": self.message, **later}

    def response(self, *, hang_up: bool = False) -> JSONResponse:
        """The answer; `hang_up` where the rest of the request is not waited for."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        headers |= {"Connection": "close"} if hang_up else {}
        return JSONResponse(self.record, self.status, headers, "application/problem+json")


# In this order, since some are kinds of others.
_KINDS: list[tuple[type[Exception], int, str]] = [
    (NoPictureError, 415, "no-picture"),
    (MissingExtraError, 415, "no-picture"),
    (LargePictureError, 413, "too-many-pixels"),
    (UnreadablePictureError, 422, "damaged"),
    (UnwritablePictureError, 422, "bad-format"),
    (UnknownStyleError, 404, "unknown-style"),
    (OptionError, 422, "bad-option"),
    (DeviceError, 503, "no-memory"),
    (MemoryError, 503, "no-memory"),
]

CODES = {
    **{code: status for _, status, code in _KINDS},
    **{"bad-form": 400, "cross-site": 403, "not-found": 404, "wrong-method": 405, "too-slow": 408},
    **{"too-many-bytes": 413, "no-form": 415, "moving": 415, "several-pages": 415, "too-large": 422},
    **{"busy": 429, "failed": 500, "loading": 503, "too-long": 503},
}


def still_loading() -> Problem:
    """The problem until the styles are loaded."""
    return Problem("loading", "the styles are being loaded; try again in some seconds", retry_after=2)


def problem_of(error: CopyartError | MemoryError) -> Problem:
    """The problem that an error of our own code is to the client."""
    code = next((code for kind, _, code in _KINDS if isinstance(error, kind)), "failed")
    message = str(error) if isinstance(error, CopyartError) else "the memory is used up; try again later"
    return Problem(code, message, retry_after=10 if CODES[code] == 503 else None)
