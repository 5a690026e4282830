import pytest
from hypothesis import settings
from policies import DAY, LAPSE, NOW, lapses

from monitoring import profile
from monitoring.evaluate import evaluate
from monitoring.monitors import Monitor
from monitoring.window import Window

# Times differ by far on a shared machine, and say nothing of what is tested.
settings.register_profile("cooper", deadline=None)
settings.load_profile("cooper")


@pytest.fixture(scope="session")
def reference():
    return profile.build(LAPSE, lapses(20_000, seed=1))


@pytest.fixture
def check(reference):
    """Evaluate one monitor on a window that ends now and lasts a day; its findings."""

    def run(rows, check, *, profile=reference, window=None, **monitor):
        made = Monitor("m", check, **monitor)
        return evaluate([made], profile, Window(rows, NOW - DAY, NOW, **(window or {}))).findings

    return run
