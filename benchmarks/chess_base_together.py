"""What the processes of one training tell each other; a process that trains alone is told its own."""

import torch


def mean_of_all(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The tensors' means over the processes that train together."""
    if not torch.distributed.is_initialized():
        return tensors
    flat = torch.cat([t.flatten() for t in tensors])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    parts = flat.split([t.numel() for t in tensors])
    return [part.view_as(t) for part, t in zip(parts, tensors, strict=True)]


def of_all(tensor: torch.Tensor) -> torch.Tensor:
    """The rows of all processes that train together, in their order."""
    if not torch.distributed.is_initialized():
        return tensor
    parts = [torch.empty_like(tensor) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def says_any(flag: bool) -> bool:
    """Whether any of the processes that train together says so."""
    if not torch.distributed.is_initialized():
        return flag
    said = torch.tensor([float(flag)])
    torch.distributed.all_reduce(said)
    return bool(said > 0)
