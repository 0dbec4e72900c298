import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--pawl", default=os.environ.get("PAWL"),
                     help="the program; its plugins are found beside it")


@pytest.fixture(scope="session")
def pawl(request):
    path = request.config.getoption("--pawl")
    if not path:
        pytest.fail("say where the program is: --pawl PATH, or PAWL in the environment")
    return os.path.abspath(path)
