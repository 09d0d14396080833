"""`python -m abkit` is `abkit`."""

import sys

from abkit.cli.app import main

sys.exit(main())
