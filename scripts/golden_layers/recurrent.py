"""Other recurrent layers than LSTMs, and single steps of all: all that they give, one behind the other."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from golden_ops.cases import normal


def joined(result):
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return torch.cat([joined(part) if isinstance(part, (tuple, list)) else part.flatten() for part in parts])


class Whole(nn.Module):
    """A layer whose sequence may be packed; states are the inputs after the first."""

    def __init__(self, layer, lengths=None):
        super().__init__()
        self.layer, self.lengths = layer, lengths

    def forward(self, x, *states):
        state = states[0] if len(states) == 1 else states or None
        if self.lengths is None:
            return joined(self.layer(x, state))
        batch_first = self.layer.batch_first
        packed = pack_padded_sequence(x, torch.tensor(self.lengths), batch_first=batch_first, enforce_sorted=False)
        out, last = self.layer(packed, state)
        steps = x.shape[1 if batch_first else 0]
        return joined((pad_packed_sequence(out, batch_first=batch_first, total_length=steps)[0], last))


LAYERS = {
    "gru": (lambda: Whole(nn.GRU(3, 18)), lambda: normal(4, 2, 3)),
    "gru-options": (
        lambda: Whole(nn.GRU(3, 5, num_layers=2, bidirectional=True, batch_first=True), [3, 1, 4]),
        lambda: (normal(3, 4, 3), normal(4, 3, 5)),
    ),
    "rnn": (lambda: Whole(nn.RNN(3, 33)), lambda: normal(2, 2, 3)),
    "rnn-relu": (
        lambda: Whole(nn.RNN(3, 5, nonlinearity="relu", bidirectional=True, batch_first=True), [3, 1, 4]),
        lambda: (normal(3, 4, 3), normal(2, 3, 5)),
    ),
    "rnn-cell": (lambda: Whole(nn.RNNCell(3, 5)), lambda: (normal(2, 3), normal(2, 5))),
    "rnn-cell-relu": (lambda: Whole(nn.RNNCell(3, 5, nonlinearity="relu", bias=False)), lambda: normal(3)),
    "gru-cell": (lambda: Whole(nn.GRUCell(3, 5)), lambda: (normal(2, 3), normal(2, 5))),
    "lstm-cell": (lambda: Whole(nn.LSTMCell(3, 5)), lambda: (normal(2, 3), normal(2, 5), normal(2, 5))),
}
