"""Short-time spectra, whose complex numbers are pairs here."""

import torch

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


CASES = {
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
