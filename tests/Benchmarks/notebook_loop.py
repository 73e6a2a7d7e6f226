"""The notebook's scoring loop in PyTorch: the peer that HeadScope's throughput and memory are measured beside.

As the notebook does, it keeps every layer's pattern, values and z, gathers W_O W_U for every head and target, and computes all
logits. Weights are random, of a Pythia model's shape. Prints one line: seconds a batch (median), tokens a second, peak MiB.

    python3 notebook_loop.py MODEL BATCH CONTEXT BATCHES THREADS [cuda]

On a CUDA device the peak is what was reserved of its memory.
"""
import math
import resource
import sys
import time

import torch

SHAPES = {"pythia-70m": (6, 512, 8, 50304), "pythia-160m": (12, 768, 12, 50304), "pythia-410m": (24, 1024, 16, 50304), "gpt2": (12, 768, 12, 50257), "demo": (4, 128, 4, 2048)}

name, batch, context, batches, threads = sys.argv[1], *map(int, sys.argv[2:6])
layers, d_model, heads, d_vocab = SHAPES[name]
d_head = d_model // heads
rotary = d_head // 4
torch.set_grad_enabled(False)
torch.set_num_threads(threads)
torch.manual_seed(0)
on_card = sys.argv[6:] == ["cuda"]
if on_card:
    torch.set_default_tensor_type("torch.cuda.FloatTensor")


def normal(*shape):
    return torch.randn(shape) / math.sqrt(shape[0])


class Block:
    def __init__(self):
        self.qkv = torch.nn.Linear(d_model, 3 * d_model)
        self.out = torch.nn.Linear(d_model, d_model)
        self.up = torch.nn.Linear(d_model, 4 * d_model)
        self.down = torch.nn.Linear(4 * d_model, d_model)

    def output_weights(self):
        return self.out.weight.T.reshape(heads, d_head, d_model)


blocks = [Block() for _ in range(layers)]
embed, unembed = torch.randn(d_vocab, d_model), normal(d_model, d_vocab)
output_unembed = torch.stack([block.output_weights() @ unembed for block in blocks])  # [layer, head, d_head, d_vocab]
hidden = torch.ones(context, context, dtype=torch.bool).triu(1)
angles = torch.outer(torch.arange(context), 10000.0 ** (-torch.arange(0, rotary, 2) / rotary)).repeat(1, 2)
cosines, sines = angles.cos(), angles.sin()


def rotate(x):  # [batch, head, position, d_head]
    turning, rest = x[..., :rotary], x[..., rotary:]
    first, second = turning.chunk(2, -1)
    return torch.cat((turning * cosines + torch.cat((-second, first), -1) * sines, rest), -1)


def score(tokens):
    patterns, values, mixed = [], [], []
    residual = embed[tokens]
    for block in blocks:
        normalized = torch.nn.functional.layer_norm(residual, (d_model,))
        q, k, v = block.qkv(normalized).reshape(-1, context, 3, heads, d_head).permute(2, 0, 3, 1, 4)
        products = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(d_head)
        pattern = products.masked_fill_(hidden, -math.inf).softmax(-1)
        z = pattern @ v
        attention = block.out(z.transpose(1, 2).reshape(-1, context, d_model))
        residual = residual + attention + block.down(torch.nn.functional.gelu(block.up(normalized)))
        patterns.append(pattern)
        values.append(v)
        mixed.append(z)

    scale = (residual.var(-1, unbiased=False) + 1e-5).sqrt()
    logits = torch.nn.functional.layer_norm(residual, (d_model,)) @ unembed
    targets = tokens[:, 1:]
    loss = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])

    # [layer, head, d_head, batch, position]
    directions = output_unembed[:, :, :, targets] / scale[:, :-1]
    pattern, v, z = torch.stack(patterns)[..., :-1, :-1], torch.stack(values)[..., :-1, :], torch.stack(mixed)[..., :-1, :]
    head_dla = torch.einsum("lbhpk,lhkbp->lhbp", z, directions)
    copied = pattern * (targets[:, :, None] == tokens[:, None, :-1])[None, :, None]
    mover_dla = torch.einsum("lbhpk,lhkbp->lhbp", copied @ v, directions)
    return loss, head_dla, copied.sum(-1), mover_dla


seconds = []
for i in range(batches + 1):
    tokens = torch.randint(0, d_vocab, (batch, context))
    started = time.perf_counter()
    score(tokens)
    if on_card:
        torch.cuda.synchronize()
    if i > 0:
        seconds.append(time.perf_counter() - started)
median = sorted(seconds)[batches // 2]
peak = torch.cuda.max_memory_reserved() >> 20 if on_card else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"{median:.3f} {batch * context / median:.1f} {peak}")
