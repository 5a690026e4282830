"""Rasa components of ours."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
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
