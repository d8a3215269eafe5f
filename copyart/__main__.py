"""`python -m copyart`."""

from copyart.cli import main

if __name__ == "__main__":
    main()
