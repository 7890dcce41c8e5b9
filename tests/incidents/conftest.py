from tests.support.clients import client_for

__all__ = ["client_for"]
