"""The models of bench/models in PyTorch: the same names of parameters, the same numbers in them."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from protocol import Refusal, pattern
from ways import classes


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)
        self.shortcutNorm = nn.Identity() if same else nn.BatchNorm2d(outputs)

    def forward(self, x):
        through = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(through + self.shortcutNorm(self.shortcut(x)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(64)
        widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        strides = [1, 1, 2, 1, 2, 1, 2, 1]
        self.blocks = nn.Sequential(*(ResidualBlock(*shape) for shape in zip(widths, widths[1:], strides)))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        return self.fc(self.blocks(F.relu(self.bn(self.conv(x)))).mean((2, 3)))


class CharLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(96, 64)
        self.lstm = nn.LSTM(64, 256, batch_first=True)
        self.fc = nn.Linear(256, 96)

    def forward(self, x):
        return self.fc(self.lstm(self.embedding(x))[0])


WIDTH, HEADS, STEPS = 128, 4, 128


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, cache=None):
        batch, steps, _ = x.shape
        q, k, v = (
            part.view(batch, steps, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.qkv(x).split(WIDTH, 2)
        )
        if cache is not None:
            k, v = cache.append(k, v)
        return self.out(attention(q, k, v, cache is None).transpose(1, 2).reshape(batch, steps, WIDTH))


class Cache:
    """Keys and values of a block's earlier tokens, in memory that is taken once."""

    def __init__(self):
        self.keys, self.values = (torch.zeros(1, HEADS, STEPS, WIDTH // HEADS) for _ in range(2))
        self.length = 0

    def append(self, k, v):
        end = self.length + k.shape[2]
        self.keys[:, :, self.length : end] = k
        self.values[:, :, self.length : end] = v
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]


def attention(q, k, v, causal):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores + torch.full(scores.shape[-2:], -math.inf).triu(1)
    return torch.softmax(scores, -1) @ v


class TransformerBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.ln2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, cache=None):
        x = x + self.attention(self.ln1(x), cache)
        return x + self.down(F.gelu(self.up(self.ln2(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(96, WIDTH)
        self.position = nn.Embedding(STEPS, WIDTH)
        self.blocks = nn.Sequential(*(TransformerBlock() for _ in range(4)))
        self.norm = nn.LayerNorm(WIDTH)
        self.fc = nn.Linear(WIDTH, 96)

    def forward(self, x):
        return self.fc(self.norm(self.blocks(self.token(x) + self.position.weight)))

    def decode(self, tokens):
        caches = [Cache() for _ in self.blocks]
        for place, token in enumerate(tokens):
            x = self.token(token) + self.position.weight[place]
            for block, cache in zip(self.blocks, caches):
                x = block(x, cache)
            logits = self.fc(self.norm(x))
        return logits


def decoder():
    model = Gpt().train(False)
    set_parameters(model)
    tokens = [token.reshape(1, 1) for token in classes(96, 1, STEPS)]
    return lambda: model.decode(tokens)


def set_parameters(model):
    """The numbers of bench/models/parameters.ts."""
    with torch.no_grad():
        for i, (name, parameter) in enumerate(sorted(model.named_parameters())):
            size, shape = parameter.numel(), parameter.shape
            spread = math.sqrt(24 / (size / shape[0])) if len(shape) > 1 else 0.1
            middle = 1 if len(shape) == 1 and name.endswith("weight") else 0
            values = (middle + spread * pattern(size, 100 + i).astype(np.float64)).astype(np.float32)
            parameter.copy_(torch.from_numpy(values).reshape(shape))


def floats(*shape):
    return torch.from_numpy(pattern(math.prod(shape), 1)).reshape(shape)


def adam(parameters, **options):
    return torch.optim.Adam(parameters, lr=1e-3, **options)


def adamw(parameters, **options):
    return torch.optim.AdamW(parameters, lr=3e-4, weight_decay=0.01, **options)


def sgd(parameters, **options):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=5e-4, **options)


# name: create, input of a batch, answers for each of it, classes, optimizer, whether it is of images
MODELS = {
    "mlp": (mlp, lambda batch: floats(batch, 784), 1, 10, adam, False),
    "lenet": (lenet, lambda batch: floats(batch, 1, 28, 28), 1, 10, adam, True),
    "resnet18": (ResNet18, lambda batch: floats(batch, 3, 32, 32), 1, 10, sgd, True),
    "charLstm": (CharLstm, lambda batch: classes(96, 1, batch, 64), 64, 96, adam, False),
    "gpt": (Gpt, lambda batch: classes(96, 1, batch, STEPS), STEPS, 96, adamw, False),
}


class Setup:
    """A model with a batch of data; `channels_last` and `fused` are PyTorch's own choices."""

    def __init__(self, name, batch, training, channels_last=False, fused=False):
        if name not in MODELS:
            raise Refusal(f"{name} is not implemented")
        create, make_input, answers, count, optimizer, _ = MODELS[name]
        self.model = create().train(training)
        set_parameters(self.model)
        self.x, self.count = make_input(batch), count
        self.y = classes(count, 2, batch * answers)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.optimizer = optimizer(self.model.parameters(), **({"fused": True} if fused else {})) if training else None

    def logits(self):
        return self.model(self.x).reshape(-1, self.count)

    def train(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.logits(), self.y)
        loss.backward()
        self.optimizer.step()
        return loss


def has_channels(name):
    return MODELS[name][5] if name in MODELS else False
