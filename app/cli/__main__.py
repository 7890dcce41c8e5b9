"""`python -m app.cli`, from a checkout without an installed `tandem`."""

from app.cli import main

main()
