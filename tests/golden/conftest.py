"""``pytest tests/golden --update-golden`` writes the expected files anew; read the diff before committing."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the refresh."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether this run writes instead of comparing."""
    return bool(request.config.getoption("--update-golden", default=False))
