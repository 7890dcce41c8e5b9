"""`python -m app.cli`, from a checkout without an installed `tandem`."""

from app.cli import main

if __name__ == "__main__":  # server processes import this file again
    main()
