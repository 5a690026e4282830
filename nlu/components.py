"""Rasa components of ours."""

import json
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor, CRFToken
from rasa.shared.nlu.constants import ENTITIES, INTENT, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RiskFallback(FallbackClassifier):
    """Rasa's fallback with thresholds by risk.

    A command of `changes` needs `change_threshold`, and `bare_change_threshold` where the text holds
    no value at all: "the train leaves at 9" names no project, instance or run.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults and ours; confidences from 0 to 1."""
        return {
            **FallbackClassifier.get_default_config(),
            "changes": [],
            "change_threshold": 0.6,
            "bare_change_threshold": 0.8,
        }

    def _should_fallback(self, message: Message) -> bool:
        if super()._should_fallback(message):
            return True
        intent = message.get(INTENT) or {}
        if intent.get("name") not in self.component_config["changes"]:
            return False
        bare = not message.get(ENTITIES)
        needed = "bare_change_threshold" if bare else "change_threshold"
        return bool(intent[PREDICTED_CONFIDENCE_KEY] < self.component_config[needed])


_ORDER = "order.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class StoredCRFEntityExtractor(CRFEntityExtractor):
    """Rasa's conditional random field, for `learned` entities, kept as CRFsuite trained it.

    What patterns find need not be learned; time grows with the square of the labels. Rasa 3.6 keeps
    the training data instead of the tagger and trains anew at every load, which takes longer than
    all the rest of its start.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults, and nothing to learn."""
        return {**CRFEntityExtractor.get_default_config(), "learned": []}

    def filter_trainable_entities(self, entity_examples: list[Message]) -> list[Message]:
        """Copies of the examples with the entities that are to be learned."""
        examples = super().filter_trainable_entities(entity_examples)
        learned = self.component_config["learned"]
        for example in examples:
            example.data[ENTITIES] = [
                entity for entity in example.get(ENTITIES, []) if entity["entity"] in learned
            ]
        return examples

    def persist(self, dataset: list[list[CRFToken]]) -> None:  # noqa: ARG002 -- the base's signature
        """Write the trained taggers, in CRFsuite's own format, and their order."""
        with self._model_storage.write_to(self._resource) as folder:
            for tag, tagger in (self.entity_taggers or {}).items():
                shutil.copyfile(tagger.modelfile.name, folder / f"{tag}.crfsuite")
            (folder / _ORDER).write_text(json.dumps(self.crf_order))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
        **_: Any,
    ) -> "StoredCRFEntityExtractor":
        """Read the taggers. Raises ValueError where the model holds none."""
        with model_storage.read_from(resource) as folder:
            order = json.loads((folder / _ORDER).read_text())
            taggers = OrderedDict((tag, _tagger(folder / f"{tag}.crfsuite")) for tag in order)
        loaded = cls(config, model_storage, resource, taggers)
        loaded.crf_order = order
        return loaded


def _tagger(path: Path) -> Any:
    """A trained CRF with a file of its own: the model's folder does not outlive its loading."""
    import sklearn_crfsuite

    tagger = sklearn_crfsuite.CRF()
    tagger.modelfile.refresh()
    shutil.copyfile(path, tagger.modelfile.name)
    return tagger
