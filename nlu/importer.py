"""How Rasa comes by the training data, as `config.yml` says."""

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData


class Importer(RasaFileImporter):
    """Rasa's own, that reads the sentences once: Rasa asks with a language and without, and would read them twice."""

    _read: "TrainingData | None" = None

    def get_nlu_data(self, language: "str | None" = "en") -> TrainingData:
        """The sentences of all files; whoever takes them copies them."""
        if self._read is None:
            self._read = super().get_nlu_data(language)
        return self._read
