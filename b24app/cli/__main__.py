"""`python -m b24app.cli`: the command without its installed script."""

import sys

from b24app.cli import main

sys.exit(main())
