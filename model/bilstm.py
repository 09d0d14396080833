"""The classifier's shape: embedding, two bidirectional LSTM layers, two dense layers."""

from torch import Tensor, nn

from abkit.model.presets import ModelConfig


class BiLstm(nn.Module):
    """The paper's network (section 3), with max-pooling over the tokens between LSTM and dense.

    It takes only batches of texts with equally many tokens, so there is no padding to read: with
    padding, the backward direction starts in it and a text's logits move with its neighbours.

    `token_dropout` is ours, not the paper's: it hides whole tokens while training. Otherwise one
    rare word names its text, whose noisy label is then learnt by heart.
    """

    def __init__(self, config: ModelConfig, *, vocabulary_size: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary_size, config.embedding_size)
        self.embedding_dropout = nn.Dropout(config.embedding_dropout)
        self.token_dropout = nn.Dropout1d(config.token_dropout)
        self.lstm = nn.LSTM(
            config.embedding_size,
            config.hidden_size,
            num_layers=2,
            bidirectional=True,
            batch_first=True,
        )
        self.head = nn.Sequential(
            nn.Dropout(config.dense_dropout),
            nn.Linear(2 * config.hidden_size, config.dense_size),
            nn.ReLU(),
            nn.Dropout(config.dense_dropout),
            nn.Linear(config.dense_size, config.n_classes),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map ids, int64 (n, t) without padding, to logits, float (n, k)."""
        embedded = self.token_dropout(self.embedding_dropout(self.embed(tokens)))  # (n, t, e)
        states, _ = self.lstm(embedded)  # (n, t, 2h)
        logits: Tensor = self.head(states.amax(dim=1))
        return logits
