"""Fourier transforms, whose complex numbers are pairs here, and the windows of signals."""

import torch

from golden_ops.cases import Case, normal, uniform


def pairs(call):
    """A function of complex tensors as one of pairs."""

    def run(*inputs):
        result = call(*(torch.view_as_complex(x) for x in inputs))
        return torch.view_as_real(result) if result.is_complex() else result

    return run


def from_reals(call):
    return lambda x: torch.view_as_real(call(x).resolve_conj())


def windows(n, **options):
    names = ("hann_window", "hamming_window", "blackman_window", "bartlett_window")
    return lambda _: torch.stack([getattr(torch, name)(n, dtype=torch.float64, **options) for name in names])


CASES = {
    "fft": Case(pairs(torch.fft.fft), lambda: (normal(2, 30, 2),)),
    "fft-prime": Case(pairs(lambda x: torch.fft.fft(x, norm="ortho")), lambda: (normal(37, 2),)),
    "fft-padded": Case(pairs(lambda x: torch.fft.fft(x, n=8, dim=0)), lambda: (normal(5, 3, 2),)),
    "ifft": Case(pairs(lambda x: torch.fft.ifft(x, norm="forward")), lambda: (normal(12, 2),)),
    "rfft": Case(from_reals(torch.fft.rfft), lambda: (normal(2, 300),)),
    "rfft-odd": Case(from_reals(lambda x: torch.fft.rfft(x, norm="forward")), lambda: (normal(2, 15),)),
    "irfft": Case(pairs(torch.fft.irfft), lambda: (normal(9, 2),)),
    "irfft-odd": Case(pairs(lambda x: torch.fft.irfft(x, n=15, norm="ortho")), lambda: (normal(8, 2),)),
    "hfft": Case(pairs(lambda x: torch.fft.hfft(x, n=10)), lambda: (normal(6, 2),)),
    "ihfft": Case(from_reals(torch.fft.ihfft), lambda: (normal(10),)),
    "fft2": Case(pairs(lambda x: torch.fft.fft2(x, s=(4, 6))), lambda: (normal(2, 5, 6, 2),)),
    "ifft2": Case(pairs(lambda x: torch.fft.ifft2(x, norm="ortho")), lambda: (normal(2, 5, 6, 2),)),
    "rfft2": Case(from_reals(lambda x: torch.fft.rfft2(x, s=(6, 4))), lambda: (normal(2, 5, 5),)),
    "irfft2": Case(pairs(lambda x: torch.fft.irfft2(x)), lambda: (normal(2, 3, 4, 2),)),
    "fftn": Case(pairs(lambda x: torch.fft.fftn(x, dim=(0, 2))), lambda: (normal(3, 2, 4, 2),)),
    "ifftn": Case(pairs(torch.fft.ifftn), lambda: (normal(3, 2, 4, 2),)),
    "rfftn": Case(from_reals(lambda x: torch.fft.rfftn(x, norm="ortho")), lambda: (normal(3, 4, 5),)),
    "irfftn": Case(pairs(lambda x: torch.fft.irfftn(x, s=(3, 5), dim=(0, 1))), lambda: (normal(3, 3, 2),)),
    "complex": Case(lambda a, b: torch.view_as_real(torch.complex(a, b)), lambda: (normal(2, 3), normal(2, 3))),
    "complexConj": Case(pairs(lambda x: x.conj().resolve_conj()), lambda: (normal(5, 2),)),
    "complexMul": Case(pairs(torch.mul), lambda: (normal(3, 2), normal(2, 3, 2))),
    "complexAbs": Case(pairs(torch.abs), lambda: (normal(5, 2),)),
    "complexAngle": Case(pairs(torch.angle), lambda: (normal(5, 2),)),
    # PyTorch takes moduli to be positive in its gradient.
    "polar": Case(lambda r, a: torch.view_as_real(torch.polar(r, a)), lambda: (uniform(5, low=0.5, high=2), normal(5))),
    "fftshift": Case(lambda x: torch.fft.fftshift(x, dim=(1,)), lambda: (normal(2, 5),)),
    "ifftshift": Case(torch.fft.ifftshift, lambda: (normal(3, 5),)),
    "windows-periodic": Case(windows(9), lambda: (normal(1),), gradient=False),
    "windows-symmetric": Case(windows(9, periodic=False), lambda: (normal(1),), gradient=False),
}
