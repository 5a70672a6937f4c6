"""`python -m autoresearch`: the command line."""

from autoresearch.cli.main import main

if __name__ == "__main__":
    main()
