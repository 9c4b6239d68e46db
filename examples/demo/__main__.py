"""`python -m examples.demo` is `keyfold demo`, wherever the script is not on the path."""

import sys
from importlib.metadata import EntryPoint

from orm.cli.main import GROUP, main

if __name__ == "__main__":
    demo = EntryPoint("demo", "examples.demo.cli:app", GROUP)
    sys.exit(main(["demo", *sys.argv[1:]], groups=[demo]))
