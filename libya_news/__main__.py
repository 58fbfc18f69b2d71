"""``python -m libya_news`` is the command ``libya-news``."""

from .cli import main

if __name__ == "__main__":
    main()
