"""The worker of a daemon that ends by SIGKILL at a named step; see `killed`."""

import os

from maildesk.desk.worker import main
from tests.stories.killed import wrap

if __name__ == "__main__":
    wrap(os.environ["KILLED_AT"])
    main()
