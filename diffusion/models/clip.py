"""CLIP's text encoder."""

from __future__ import annotations

from typing import Any

from keras import activations, ops

from diffusion.config import TextEncoderConfig
from diffusion.errors import ModelError
from diffusion.models.attention import attend, gelu
from diffusion.models.layers import Block, Dense, Embedding, LayerNormalization, Tensor

ACTIVATIONS = {
    # CLIP's own, a sigmoid in the place of the normal's distribution function.
    "quick_gelu": lambda x: x * activations.sigmoid(1.702 * x),
    "gelu": gelu,
}


class CLIPTextEncoder(Block):
    """Token ids (batch, length) to the states of a text (batch, length, hidden_size).

    Source: CLIP (arXiv:2103.00020) section 2.4.
    """

    def __init__(self, config: TextEncoderConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        hidden = config.hidden_size
        self.token_embedding = Embedding(
            config.vocab_size, hidden, name="embeddings.token_embedding"
        )
        self.position_embedding = Embedding(
            config.max_position_embeddings, hidden, name="embeddings.position_embedding"
        )
        self.blocks = [
            CLIPBlock(config, name=f"encoder.layers.{index}")
            for index in range(config.num_hidden_layers)
        ]
        self.final_layer_norm = LayerNormalization(
            hidden, config.layer_norm_eps, name="final_layer_norm"
        )

    def call(
        self,
        token_ids: Tensor,
        vectors: Tensor | None = None,
        has_vector: Tensor = None,
        *,
        clip_skip: int = 1,
    ) -> Tensor:
        """The states after all but the last `clip_skip` - 1 layers, normalised as the last are.

        `vectors` (batch, length, hidden_size) stand for tokens where `has_vector` (batch, length).
        """
        positions = ops.arange(ops.shape(token_ids)[1])
        states = self.token_embedding(token_ids)
        if vectors is not None:
            vectors = ops.cast(vectors, states.dtype)
            states = ops.where(has_vector[..., None], vectors, states)
        states = states + self.position_embedding(positions)
        for block in self.blocks[: len(self.blocks) + 1 - clip_skip]:
            states = block(states)
        return self.final_layer_norm(states)


class CLIPBlock(Block):
    """Causal self-attention and a feed-forward pair; each normalised first and added."""

    def __init__(self, config: TextEncoderConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        hidden, epsilon = config.hidden_size, config.layer_norm_eps
        self.layer_norm1 = LayerNormalization(hidden, epsilon, name="layer_norm1")
        self.self_attn = CLIPAttention(hidden, config.num_attention_heads, name="self_attn")
        self.layer_norm2 = LayerNormalization(hidden, epsilon, name="layer_norm2")
        self.mlp = CLIPFeedForward(config, name="mlp")

    def call(self, states: Tensor) -> Tensor:
        states = states + self.self_attn(self.layer_norm1(states))
        return states + self.mlp(self.layer_norm2(states))


class CLIPAttention(Block):
    """Self-attention in which a token sees those before it."""

    def __init__(self, hidden: int, num_heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.q_proj = Dense(hidden, hidden, name="q_proj")
        self.k_proj = Dense(hidden, hidden, name="k_proj")
        self.v_proj = Dense(hidden, hidden, name="v_proj")
        self.out_proj = Dense(hidden, hidden, name="out_proj")

    def call(self, states: Tensor) -> Tensor:
        query, key, value = self.q_proj(states), self.k_proj(states), self.v_proj(states)
        return self.out_proj(attend(query, key, value, self.num_heads, is_causal=True))


class CLIPFeedForward(Block):
    """Two linear maps with the activation that the configuration names between them."""

    def __init__(self, config: TextEncoderConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if config.hidden_act not in ACTIVATIONS:
            raise ModelError(
                f"hidden_act is {config.hidden_act!r}; allowed: {', '.join(ACTIVATIONS)}"
            )
        self.activation = ACTIVATIONS[config.hidden_act]
        self.fc1 = Dense(config.hidden_size, config.intermediate_size, name="fc1")
        self.fc2 = Dense(config.intermediate_size, config.hidden_size, name="fc2")

    def call(self, states: Tensor) -> Tensor:
        return self.fc2(self.activation(self.fc1(states)))
