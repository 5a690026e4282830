"""The pipelines that are compared: what stands between Cooper's preparation of a text and its thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any

Component = Mapping[str, Any]

_REGEX: Component = {
    "name": "RegexFeaturizer",
    "case_sensitive": False,
    "use_word_boundaries": False,
}
_NGRAMS: Sequence[Component] = (
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 4},
)
_MINILM: Component = {"name": "featurizer.MiniLMFeaturizer", "layers": 6}
_LOGISTIC: Component = {"name": "LogisticRegressionClassifier", "max_iter": 100}
_PATTERNS: Component = {
    "name": "components.MeantPatternExtractor",
    "case_sensitive": False,
    "use_lookup_tables": False,
    "use_regexes": True,
    "use_word_boundaries": False,
}
_CRF: Component = {
    "name": "CRFEntityExtractor",
    "BILOU_flag": False,
    "features": [
        ["low", "title", "upper"],
        ["low", "prefix5", "suffix3", "title", "upper", "digit", "pattern"],
        ["low", "title", "upper"],
    ],
}
_DIET: Component = {"name": "DIETClassifier", "epochs": 30, "BILOU_flag": False}

VARIANTS: Mapping[str, Sequence[Component]] = {
    "n-grams, logistic, CRF": (_REGEX, *_NGRAMS, _LOGISTIC, _PATTERNS, _CRF),
    "MiniLM, logistic, CRF": (_REGEX, _MINILM, _LOGISTIC, _PATTERNS, _CRF),
    "both, logistic, CRF": (_REGEX, *_NGRAMS, _MINILM, _LOGISTIC, _PATTERNS, _CRF),
    "n-grams, DIET": (_REGEX, *_NGRAMS, _PATTERNS, _DIET),
    "n-grams, MiniLM, DIET": (_REGEX, *_NGRAMS, _MINILM, _PATTERNS, _DIET),
}
"""By name. Rasa's own classifiers and extractors, with sparse features, dense ones or both."""


def variant(config: Mapping[str, Any], components: Sequence[Component]) -> dict[str, Any]:
    """Cooper's configuration with `components` between its preparation of a text and its thresholds."""
    own = list(config["pipeline"])
    names = [each["name"] for each in own]
    prepared = own[: names.index("components.AsMeant") + 1]
    decided = own[names.index("components.RiskFallback") :]
    return {**config, "pipeline": [*prepared, *map(dict, components), *decided]}
