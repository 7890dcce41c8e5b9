"""The job of this room: a letter with a link. The link is made here, so that it never stands in the queue."""

from procrastinate import RetryStrategy

from app.accounts.letters import Letter, LetterNotSent, send
from app.accounts.models import Person
from app.accounts.own_account import make_password_link
from app.jobs import Workplace, task

TEXT = """\
Hello {name},

somebody, probably you, asked for a new password at {address}.
Choose one here, once, within a day:

{address}/password-links/{token}

If it was not you, there is nothing to do: your password stays as it is.
"""


AGAIN = RetryStrategy(max_attempts=5, linear_wait=30, retry_exceptions={LetterNotSent})


@task("accounts.send_password_link", retry=AGAIN)
def send_password_link(workplace: Workplace, person_id: int | None) -> None:
    """None: the address was nobody's. The job is there all the same, so that asking takes as long."""
    settings = workplace.settings
    if person_id is None or settings.smtp_url is None or settings.public_url is None:
        return
    with workplace.database.transaction() as session:
        person = session.get(Person, person_id)
        if person is None or person.deactivated_at is not None:
            return
        token = make_password_link(session, person, by=person)
        words = TEXT.format(name=person.name, address=settings.public_url, token=token)
        letter = Letter(person.email, "A new password for Tandem", words)
    send(settings, letter)
