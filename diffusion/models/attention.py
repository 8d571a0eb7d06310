"""Attention, and the transformer that lets a picture look at itself and at the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from diffusion.models.layers import (
    Block,
    Conv2D,
    Dense,
    GroupNormalization,
    LayerNormalization,
    Tensor,
)
from diffusion.models.token_merging import Merging, match
from diffusion.runtime import in_one_pass, traced_once

# Scores of one head; where there are so many, heads are made one after the other, so that their
# scores are small beside a model. The batch has no say in it: it must not change a picture.
_MANY = 2**20
# Scores that are made at once then: so few stay in a processor's cache until they are summed up.
_AT_ONCE = 2**21
# Numbers of a processor's vector: a product whose rows are not whole ones takes longer.
_LANES = 16
# Numbers of a picture from which on the gate of a feed-forward pair is made in one pass.
_LONG = 2**19


def attend(
    query: Tensor, key: Tensor, value: Tensor, num_heads: int, *, is_causal: bool = False
) -> Tensor:
    """Multi-head scaled dot-product attention (arXiv:1706.03762 section 3.2).

    Shapes: query (batch, queries, features), key and value (batch, keys, features); features are
    split evenly over the heads. With `is_causal`, a query sees the keys up to its own place.
    """
    batch, queries, features = query.shape
    size = features // num_heads
    # Scaled here, since Keras rounds the scale to float32 even where all else is float64.
    states = (query * size**-0.5, key, value)
    heads = [ops.reshape(each, (batch, each.shape[1], num_heads, size)) for each in states]
    if is_causal or queries * key.shape[1] < _MANY:
        mixed = ops.dot_product_attention(
            *heads, scale=1.0, is_causal=is_causal, flash_attention=False
        )
    else:
        mixed = _attend_by_head(*heads)
    return ops.reshape(mixed, (batch, queries, features))


def _attend_by_head(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Shapes: (batch, queries or keys, num_heads, size)."""

    def heads(states: Tensor) -> list[Tensor]:
        states = ops.transpose(states, (0, 2, 1, 3))
        return ops.unstack(ops.reshape(states, (-1, *states.shape[2:])))

    mixed = [
        _attend_in_chunks(*head) for head in zip(*map(heads, (query, key, value)), strict=True)
    ]
    batch, length, num_heads, size = query.shape
    mixed = ops.reshape(ops.stack(mixed), (batch, num_heads, length, size))
    return ops.transpose(mixed, (0, 2, 1, 3))


@traced_once
def _attend_in_chunks(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """One head, (queries or keys, size): some queries after the others."""
    (length, size), count = queries.shape, max(_AT_ONCE // keys.shape[0], 1)
    keys = ops.transpose(keys)
    values = ops.pad(values, ((0, 0), (0, -size % _LANES)))
    chunks = [queries[first : first + count] for first in range(0, length, count)]
    mixed = [ops.matmul(ops.softmax(ops.matmul(chunk, keys)), values) for chunk in chunks]
    return ops.concatenate(mixed, axis=0)[:, :size]


class Attention(Block):
    """Attention of `features` over the keys and values of a context, or else over itself."""

    def __init__(
        self,
        features: int,
        num_heads: int,
        *,
        context_features: int | None = None,
        use_bias: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        context_features = context_features or features
        self.num_heads = num_heads
        self.to_q = Dense(features, features, use_bias=use_bias, name="to_q")
        self.to_k = Dense(context_features, features, use_bias=use_bias, name="to_k")
        self.to_v = Dense(context_features, features, use_bias=use_bias, name="to_v")
        self.to_out = Dense(features, features, name="to_out.0")

    def keys_and_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Both (batch, length, features), of a context (batch, length, context_features)."""
        return self.to_k(context), self.to_v(context)

    def call(self, states: Tensor, keys_and_values: tuple[Tensor, Tensor] | None = None) -> Tensor:
        keys, values = keys_and_values or self.keys_and_values(states)
        return self.to_out(attend(self.to_q(states), keys, values, self.num_heads))


LookUp = Callable[[Attention], tuple[Tensor, Tensor]]
"""The keys and values of the text for an attention to it."""


class GEGLU(Block):
    """A feed-forward pair whose first half is gated by GELU (arXiv:2002.05202)."""

    def __init__(self, features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        hidden = 4 * features
        self.proj = Dense(features, 2 * hidden, name="net.0.proj")
        self.out = Dense(hidden, features, name="net.2")

    def call(self, states: Tensor) -> Tensor:
        states = self.proj(states)
        _batch, places, features = states.shape
        gated = _gated_in_one_pass if places * features >= _LONG else _gated
        return self.out(gated(states))


def _gated(states: Tensor) -> Tensor:
    values, gate = ops.split(states, 2, axis=-1)
    return values * gelu(gate)


@in_one_pass
def _gated_in_one_pass(states: Tensor) -> Tensor:
    """What is narrower than float32 is made in it, and rounded once."""
    dtype = states.dtype
    if dtype != "float64":
        states = ops.cast(states, "float32")
    return ops.cast(_gated(states), dtype)


def gelu(states: Tensor) -> Tensor:
    """The Gaussian error linear unit (arXiv:1606.08415).

    By `erf`, which TensorFlow vectorizes; Keras's own is made of `erfc`, which it does not.
    """
    return 0.5 * states * (1 + ops.erf(states * 0.5**0.5))


class TransformerBlock(Block):
    """Self-attention, attention to the text, feed-forward; each normalised first and added."""

    def __init__(self, features: int, num_heads: int, context_features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm1 = LayerNormalization(features, name="norm1")
        self.attn1 = Attention(features, num_heads, name="attn1")
        self.norm2 = LayerNormalization(features, name="norm2")
        self.attn2 = Attention(features, num_heads, context_features=context_features, name="attn2")
        self.norm3 = LayerNormalization(features, name="norm3")
        self.ff = GEGLU(features, name="ff")

    def call(self, states: Tensor, *, look_up: LookUp, merging: Merging | None = None) -> Tensor:
        """With a `merging`, the self-attention is among merged tokens."""
        normal = self.norm1(states)
        if merging is None:
            states = states + self.attn1(normal)
        else:
            states = states + merging.unmerge(self.attn1(merging.merge(normal)))
        states = states + self.attn2(self.norm2(states), look_up(self.attn2))
        return states + self.ff(self.norm3(states))


class SpatialTransformer(Block):
    """A transformer over the places of a picture, added to it.

    Shapes: hidden and result (batch, height, width, channels). Where it is of the finest
    resolution, `merge_tokens` is the share of the places that are merged.
    Source: latent diffusion (arXiv:2112.10752) section 3.3.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        context_features: int,
        groups: int,
        *,
        is_finest: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.is_finest = is_finest
        self.norm = GroupNormalization(channels, groups, epsilon=1e-6, name="norm")
        self.proj_in = Conv2D(channels, channels, 1, name="proj_in")
        self.block = TransformerBlock(
            channels, num_heads, context_features, name="transformer_blocks.0"
        )
        self.proj_out = Conv2D(channels, channels, 1, name="proj_out")

    def call(self, hidden: Tensor, *, look_up: LookUp, merge_tokens: float = 0.0) -> Tensor:
        shape = ops.shape(hidden)
        states = self.proj_in(self.norm(hidden))
        states = ops.reshape(states, (shape[0], shape[1] * shape[2], self.channels))
        share = merge_tokens if self.is_finest else 0.0
        merging = match(states, shape[1], shape[2], share)
        states = self.block(states, look_up=look_up, merging=merging)
        return hidden + self.proj_out(ops.reshape(states, shape))


class SpatialAttention(Attention):
    """One head of self-attention over the places of a picture, added to it (in a VAE)."""

    def __init__(self, channels: int, groups: int, **kwargs: Any) -> None:
        super().__init__(channels, 1, use_bias=True, **kwargs)
        self.channels = channels
        self.group_norm = GroupNormalization(channels, groups, epsilon=1e-6, name="group_norm")

    def call(self, hidden: Tensor) -> Tensor:  # type: ignore[override] # it has no context
        shape = ops.shape(hidden)
        states = ops.reshape(
            self.group_norm(hidden), (shape[0], shape[1] * shape[2], self.channels)
        )
        return hidden + ops.reshape(super().call(states), shape)
