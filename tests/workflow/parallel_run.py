"""A program that runs a plan without looking for finished calls; two of them share a journal in a test."""

import sys
from pathlib import Path

from full_disk_run import MANY
from workflow_doubles import EchoAgent, Workshop

from proctor.workflow.limits import Limits

if __name__ == "__main__":
    Workshop(Path(sys.argv[1])).run(MANY, EchoAgent(), limits=Limits(concurrency=4), run_id=sys.argv[2], fresh=True)
