"""MiniLM's vectors as Rasa's dense features; runs in Rasa's environment, beside Cooper's components."""

from typing import Any

import numpy as np
from encoder import Encoder, model_folder, pretrained
from graph import graph
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_CHUNK = 512


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class MiniLMFeaturizer(DenseFeaturizer, GraphComponent):
    """A vector for each word, that of its first piece, and one for the whole text; `layers` of MiniLM, 0 to 6."""

    @classmethod
    def required_components(cls) -> "list[type]":
        """Words come from a tokenizer."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> "dict[str, Any]":
        """Rasa's defaults; all six layers."""
        return {**DenseFeaturizer.get_default_config(), "layers": 6}

    @classmethod
    def validate_config(cls, config: "dict[str, Any]") -> None:
        """Every number of layers that MiniLM has is fine."""

    def __init__(self, config: "dict[str, Any]", name: str) -> None:
        super().__init__(name, config)
        self._encoder = Encoder(
            model_folder(), graph(pretrained(model_folder()), int(config["layers"]))
        )

    @classmethod
    def create(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,  # noqa: ARG003 -- the base's signature
        resource: Resource,  # noqa: ARG003 -- the base's signature
        execution_context: ExecutionContext,
    ) -> "MiniLMFeaturizer":
        """The featurizer; it has nothing to learn."""
        return cls(config, execution_context.node_name)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same data with features."""
        examples = [each for each in training_data.training_examples if each.get(TEXT)]
        for start in range(0, len(examples), _CHUNK):
            self.process(examples[start : start + _CHUNK])
        return training_data

    def process(self, messages: "list[Message]") -> "list[Message]":
        """The same messages with features."""
        read = [each for each in messages if each.get(TOKENS_NAMES[TEXT])]
        words = [[token.text for token in each.get(TOKENS_NAMES[TEXT])] for each in read]
        for message, texts, pieces in zip(read, words, self._encoder.read(words)):  # noqa: B905 -- as many
            mean = pieces.mean([True] * len(texts))
            whole = np.atleast_2d(mean / np.linalg.norm(mean))
            self.add_features_to_message(pieces.firsts(len(texts)), whole, TEXT, message)
        return messages
