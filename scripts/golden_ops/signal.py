"""Short-time spectra, whose complex numbers are pairs here, windows, frequencies, convolutions by way of transforms."""

import scipy.signal
import torch
import torch.nn.functional as F

from golden_ops.cases import Case, normal, uniform


def stft(*, windowed=True, **options):
    def run(x, *window):
        spectra = torch.stft(x, window=window[0] if windowed else None, return_complex=True, **options)
        return torch.view_as_real(spectra)

    return run


def istft(*, windowed=True, **options):
    def run(x, *window):
        return torch.istft(torch.view_as_complex(x), window=window[0] if windowed else None, **options)

    return run


def window(n):
    return uniform(n, low=0.5, high=1.5)


def windows(sym):
    """PyTorch's of torch.signal.windows, one below the other."""
    named = torch.signal.windows
    options = {"sym": sym, "dtype": torch.float64}
    return lambda _: torch.stack(
        [
            named.hann(11, **options),
            named.hamming(11, **options),
            named.blackman(11, **options),
            named.bartlett(11, **options),
            named.nuttall(11, **options),
            named.general_cosine(11, a=[0.4, 0.3, 0.2, 0.1], **options),
            named.general_hamming(11, alpha=0.7, **options),
            named.cosine(11, **options),
            named.kaiser(11, **options),
            named.kaiser(11, beta=0.5, **options),
            named.gaussian(11, std=2.5, **options),
            named.exponential(11, tau=3, **options),
        ]
    )


def convolve(mode, **options):
    return lambda a, b: scipy.signal.fftconvolve(a.numpy(), b.numpy(), mode, **options)


def frequencies(_):
    options = {"d": 0.25, "dtype": torch.float64}
    return tuple(make(n, **options) for make in (torch.fft.fftfreq, torch.fft.rfftfreq) for n in (1, 8, 9))


def full_convolution(a, b):
    return F.conv1d(a[None, None], b.flip(0)[None, None], padding=len(b) - 1)[0, 0]


CASES = {
    "windows": Case(windows(False), lambda: (normal(1),), gradient=False),
    "windows-symmetric": Case(windows(True), lambda: (normal(1),), gradient=False),
    # SciPy's is the quotient of numbers close to overflow.
    "kaiser-steep": Case(lambda _: scipy.signal.windows.kaiser(9, 300), lambda: (normal(1),), gradient=False),
    "frequencies": Case(frequencies, lambda: (normal(1),), gradient=False),
    "fftshift": Case(lambda x: torch.fft.fftshift(x, dim=(0, 2)), lambda: (normal(3, 2, 4),)),
    "ifftshift": Case(lambda x: torch.fft.ifftshift(x, dim=(0, 2)), lambda: (normal(3, 2, 4),)),
    "fftconvolve": Case(full_convolution, lambda: (normal(20), normal(7))),
    "fftconvolve-full": Case(convolve("full"), lambda: (normal(5, 6), normal(3, 4)), gradient=False),
    "fftconvolve-same": Case(convolve("same"), lambda: (normal(5, 6), normal(4, 3)), gradient=False),
    "fftconvolve-valid": Case(convolve("valid", axes=1), lambda: (normal(2, 9), normal(2, 4)), gradient=False),
    "stft": Case(stft(windowed=False, n_fft=8), lambda: (normal(2, 21),)),
    "stft-window": Case(stft(n_fft=16, hop_length=5, win_length=11), lambda: (normal(2, 40), window(11))),
    "stft-ends": Case(stft(n_fft=9, hop_length=4, center=False, normalized=True), lambda: (normal(2, 30), window(9))),
    "stft-constant": Case(stft(n_fft=10, pad_mode="constant"), lambda: (normal(1, 25), window(10))),
    "stft-replicate": Case(stft(n_fft=6, hop_length=2, pad_mode="replicate"), lambda: (normal(2, 9), window(6))),
    "stft-two-sided": Case(stft(n_fft=8, onesided=False), lambda: (normal(2, 12), window(8))),
    "istft": Case(istft(windowed=False, n_fft=8), lambda: (normal(2, 5, 6, 2),)),
    "istft-window": Case(istft(n_fft=16, hop_length=3, win_length=11), lambda: (normal(2, 9, 7, 2), window(11))),
    "istft-ends": Case(
        istft(n_fft=9, hop_length=4, center=False, normalized=True), lambda: (normal(2, 5, 4, 2), window(9))
    ),
    "istft-short": Case(istft(n_fft=8, length=7), lambda: (normal(1, 5, 6, 2), window(8))),
    "istft-long": Case(istft(n_fft=8, length=20), lambda: (normal(1, 5, 6, 2), window(8))),
    "istft-two-sided": Case(istft(n_fft=8, onesided=False), lambda: (normal(2, 8, 5, 2), window(8))),
}
