"""The laboratory of the scenarios' tests serves these ones, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
