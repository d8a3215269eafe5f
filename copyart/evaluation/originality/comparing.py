"""The training pictures that each generated one is most like, and how alike those are among themselves."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from copyart.errors import EvaluationError
from copyart.evaluation.originality.similarity import luminance, similarity
from copyart.evaluation.pictures import Pictures
from copyart.metrics import LEAST

NEAREST = 4  # training pictures of each generated one
SAME = 0.9  # from this SSIM on two pictures are nearly the same
BINS = 200  # of the counts of pairs, from -1 to 1

_SAMPLE = 500  # training pictures that are compared with all others
_BLOCK = 1 << 22  # pixels of either kind that a thread compares at a time: about 100 MB of memory
_SMALLEST_BLOCK = 32  # pictures


@dataclass(frozen=True)
class Summary:
    """The SSIM of pictures with their nearest training picture, in five figures.

    Attributes:
        pictures: Their number.
        median: The SSIM that half of them reach.
        high: That which one in twenty reaches.
        highest: The highest of all.
        same: The number of those that reach `SAME`.
    """

    pictures: int
    median: float
    high: float
    highest: float
    same: int


@dataclass(frozen=True)
class Originality:
    """The training pictures that generated ones are most like.

    Attributes:
        nearest: The places of the training pictures most like each generated one, the most alike first: b 4.
        ssim: Their SSIM with it, b 4.
        pairs: The number of all pairs that have an SSIM in each of `BINS` steps from -1 to 1.
        among: The SSIM of some training pictures with the nearest other; None where there are fewer than `LEAST`
            pictures of a kind, since a set so small says nothing.
    """

    nearest: Tensor
    ssim: Tensor
    pairs: Tensor
    among: Tensor | None

    @property
    def order(self) -> list[int]:
        """The generated pictures, that which is most like a training picture first."""
        return self.ssim[:, 0].argsort(descending=True, stable=True).tolist()

    @property
    def generated(self) -> Summary:
        """The nearness of the generated pictures to the training pictures."""
        return _summary(self.ssim[:, 0])

    @property
    def training(self) -> Summary | None:
        """The nearness of training pictures to each other; None of few."""
        return None if self.among is None else _summary(self.among)

    @property
    def nearer(self) -> float | None:
        """The share of generated pictures nearer than 19 in 20 training pictures are to each other; None of few."""
        if self.among is None:
            return None
        return float((self.ssim[:, 0] > self.among.quantile(0.95)).float().mean())

    def verdict(self) -> list[str]:
        """Sentences that say what the figures mean."""
        ours, theirs = self.generated, self.training
        some = f"{ours.same:,} of {ours.pictures:,}" if ours.same else f"None of {ours.pictures:,}"
        lines = [
            f"{some} generated pictures {'is' if ours.same < 2 else 'are'} nearly the same as a training picture: "
            f"SSIM of {SAME} or more."
        ]
        if theirs is None or self.nearer is None:
            few = f"There are fewer than {LEAST} pictures of a kind: each is judged by itself"
            return [*lines, f"{few}, and nothing is said of them as a set."]
        return [
            *lines,
            f"{self.nearer:.0%} are nearer to a training picture than 19 in 20 training pictures are to each other; "
            "5% is usual, and much more a sign of copying.",
        ]


def _summary(ssim: Tensor) -> Summary:
    median, high, highest = ssim.quantile(torch.tensor([0.5, 0.95, 1.0])).tolist()
    return Summary(len(ssim), median, high, highest, int((ssim >= SAME).sum()))


def check_apart(generated: Sequence[Path], training: Sequence[Path]) -> None:
    """Makes sure that no generated picture is a training picture: it would be nearest to itself.

    Raises:
        EvaluationError: If one is.
    """
    theirs = {path.resolve() for path in training}
    if both := [path for path in generated if path.resolve() in theirs]:
        raise EvaluationError(
            f"{len(both):,} of the generated pictures, such as {both[0]}, are training pictures as well; "
            "give two folders of which none lies in the other"
        )


def compare(
    generated: Pictures,
    training: Pictures,
    *,
    seed: int = 0,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Originality:
    """Compares each generated picture with every training picture, by the SSIM of their luminance.

    Args:
        generated: The pictures that may be copies.
        training: All that was learned from, in squares of the same size.
        seed: Sets which training pictures are compared with each other: as many as are generated, at most 500.
        watch: Told again and again how many pairs are compared, of how many.

    Raises:
        EvaluationError: If there are too few training pictures.
    """
    if len(training) <= NEAREST:
        raise EvaluationError(
            f"{training.name}: {len(training)} pictures are too few; give at least {NEAREST + 1} training pictures"
        )
    ours, theirs = luminance(generated.pixels), luminance(training.pixels)
    some = torch.empty(0, dtype=torch.int64)
    if min(len(ours), len(theirs)) >= LEAST:
        chance = torch.Generator().manual_seed(seed)
        some = torch.randperm(len(theirs), generator=chance)[: min(len(ours), _SAMPLE)].sort().values
    first, total = len(ours) * len(theirs), (len(ours) + len(some)) * len(theirs)
    search = _Search(ours, theirs, lambda done: watch(done, total))
    baseline = _Search(theirs[some], theirs, lambda done: watch(first + done, total), itself=some)
    return Originality(search.nearest, search.ssim, search.pairs, baseline.ssim[:, 0] if len(some) else None)


class _Search:
    """The nearest of all others to each picture.

    Attributes:
        nearest: Their places, b 4.
        ssim: Their SSIM, b 4.
        pairs: The number of all pairs that have an SSIM in each of `BINS` steps from -1 to 1.
    """

    def __init__(
        self, pictures: Tensor, others: Tensor, watch: Callable[[int], None], *, itself: Tensor | None = None
    ) -> None:
        self.nearest = torch.zeros(len(pictures), NEAREST, dtype=torch.int64)
        self.ssim = torch.full((len(pictures), NEAREST), -torch.inf)
        self.pairs = torch.zeros(BINS, dtype=torch.float64)
        self._itself = itself
        done = 0
        blocks = _blocks(len(pictures), len(others), pictures.shape[-1])
        with _threads() as pool:
            found = pool.map(lambda block: similarity(pictures[block[0]], others[block[1]]), blocks)
            for (mine, theirs), ssim in zip(blocks, found, strict=True):
                self._take(mine, theirs, ssim)
                done += ssim.numel()
                watch(done)

    def _take(self, mine: slice, theirs: slice, ssim: Tensor) -> None:
        self.pairs += ssim.histc(BINS, -1, 1)
        places = torch.arange(theirs.start, theirs.stop).expand_as(ssim)
        if self._itself is not None:
            ssim = ssim.masked_fill(places == self._itself[mine, None], -torch.inf)
        ssim, places = torch.cat([self.ssim[mine], ssim], dim=1), torch.cat([self.nearest[mine], places], dim=1)
        order = ssim.argsort(dim=1, descending=True, stable=True)[:, :NEAREST]
        self.ssim[mine], self.nearest[mine] = ssim.gather(1, order), places.gather(1, order)


def _blocks(pictures: int, others: int, side: int) -> list[tuple[slice, slice]]:
    """Blocks of pairs to compare at a time: small enough for the memory, and something for each thread."""
    most = max(_SMALLEST_BLOCK, _BLOCK // side**2)
    each = min(most, max(_SMALLEST_BLOCK, -(-others // torch.get_num_threads())))
    return [
        (slice(i, min(i + most, pictures)), slice(j, min(j + each, others)))
        for i in range(0, pictures, most)
        for j in range(0, others, each)
    ]


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Starts as many threads as torch would use; each computes by itself, so that none waits for another."""
    count = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(count)
