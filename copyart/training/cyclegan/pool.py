"""The pool of earlier paintings that discriminators are shown beside new ones (Shrivastava et al. 2017)."""

import torch
from torch import Tensor, nn


class Pool(nn.Module):
    """A history of pictures: each new one is shown, or with probability 1/2 swapped for one of the last `slots`.

    This differs from Zhu et al. (2017): each place of the batch has a pool of its own, all of fixed shape and
    filled by arithmetic alone, so that nothing depends on how a batch is spread over devices and no step
    needs another program than the last. With a batch of one it is the same.

    Args:
        places: Pictures of a batch.
        slots: Pictures that each place remembers; 0 shows what is new.
        size: Height and width.
    """

    pictures: Tensor
    filled: Tensor

    def __init__(self, places: int, slots: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.slots = slots
        self.register_buffer("pictures", torch.zeros(places, slots, 3, *size))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def swap(self, new: Tensor, draws: Tensor) -> Tensor:
        """Takes new pictures in, and gives as many to show.

        Args:
            new: b 3 h w, b = `places`.
            draws: b x 2 random draws, uniform in [0, 1): which slot, and whether to swap.
        """
        new = new.detach()
        if self.slots == 0:
            return new
        filling = self.filled < self.slots
        slot = torch.where(filling, self.filled, (draws[:, 0] * self.slots).long())
        swapped = ((draws[:, 1] < 0.5) & ~filling)[:, None, None, None]

        place = torch.arange(len(new), device=new.device)
        old = self.pictures[place, slot]
        self.pictures[place, slot] = torch.where(swapped | filling, new, old)
        self.filled.add_(filling)
        return torch.where(swapped, old, new)
