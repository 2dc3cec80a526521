"""`python -m cierre`: the command line, where `cierre` isn't on the path."""

from cierre.cli import main

if __name__ == "__main__":
    main()
