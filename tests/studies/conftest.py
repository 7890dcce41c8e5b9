from tests.agreement.conftest import table
from tests.support.clients import client_for

__all__ = ["client_for", "table"]
