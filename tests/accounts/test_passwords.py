"""What checking passwords costs a server."""

import subprocess
import sys

from tests.support.served import CHECKOUT

TWENTY_AT_ONCE = """
import resource
from concurrent.futures import ThreadPoolExecutor
from app.accounts.passwords import hash_password, password_fits

stored = hash_password("correct horse battery staple")
with ThreadPoolExecutor(20) as people:
    fit = list(people.map(lambda _: password_fits("correct horse battery staple", stored), range(20)))
assert all(fit)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_twenty_people_who_sign_in_at_once_do_not_fill_the_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWENTY_AT_ONCE], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 700  # MiB; each check takes 64 for its moment, and twenty at once 1,300
