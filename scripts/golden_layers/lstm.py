"""LSTMs: all that they give, one behind the other."""

from torch import nn

from golden_layers.recurrent import Whole
from golden_ops.cases import normal

LAYERS = {
    "lstm": (lambda: Whole(nn.LSTM(3, 18)), lambda: normal(4, 2, 3)),
    "lstm-no-bias": (lambda: Whole(nn.LSTM(3, 4, bias=False)), lambda: normal(3, 2, 3)),
    "lstm-one": (lambda: Whole(nn.LSTM(3, 4)), lambda: normal(5, 3)),
    "lstm-stacked": (lambda: Whole(nn.LSTM(3, 4, num_layers=2, batch_first=True)), lambda: normal(2, 5, 3)),
    "lstm-states": (
        lambda: Whole(nn.LSTM(3, 5, num_layers=2, bidirectional=True)),
        lambda: (normal(3, 2, 3), normal(4, 2, 5), normal(4, 2, 5)),
    ),
    "lstm-lengths": (
        lambda: Whole(nn.LSTM(3, 3, num_layers=2, bidirectional=True, batch_first=True), [2, 5, 1, 4]),
        lambda: normal(4, 5, 3),
    ),
    "lstm-projection": (
        lambda: Whole(nn.LSTM(3, 5, num_layers=2, bidirectional=True, proj_size=2), [4, 2, 3]),
        lambda: (normal(4, 3, 3), normal(4, 3, 2), normal(4, 3, 5)),
    ),
}
