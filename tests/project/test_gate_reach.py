"""What a generated test may reach: each rule with what it lets pass and what it stops."""

import ast

import pytest

from proctor.project.gate import files, reach
from proctor.project.gate.names import names_of
from proctor.project.gate.records import Candidate, Surroundings

PASS = {
    reach.starts_no_program: [
        'from unittest.mock import patch\n\nwith patch("app.tools.subprocess.run") as run:\n    run.return_value = 0\n',
        "import subprocess\nimport pytest\n\nwith pytest.raises(subprocess.CalledProcessError):\n    run()\n",
        "from subprocess import TimeoutExpired\n\nerror = TimeoutExpired('x', 1)\n",
        "import subprocess\n\nfake = subprocess.CompletedProcess(['ls'], 0)\n",
        "import subprocess\nfrom unittest.mock import MagicMock\n\nrun = MagicMock(spec=subprocess.run)\n",
        "import subprocess\nfrom unittest.mock import create_autospec\n\nrun = create_autospec(subprocess.Popen)\n",
        "import subprocess\n\n\ndef test_a(monkeypatch):\n    monkeypatch.setattr(subprocess, 'run', print)\n",
        "import os\n\nassert os.path.join('a', 'b') == 'a/b' and os.environ['A'] == 'b'\n",
        "from app import tools\n\n\ndef test_a():\n    tools.subprocess.run.assert_called_once_with(['ls'])\n",
        "import re\n\nsystem = re.compile('x')\n",
        "text = 'os.system(1)'\n",
    ],
    reach.opens_no_connection: [
        "import socket\n\nerror = socket.timeout()\nother = socket.gaierror(-2, 'x')\nfamily = socket.AF_INET\n",
        "import requests\n\nanswer = requests.Response()\nerror = requests.exceptions.ConnectionError()\n",
        "from starlette.testclient import TestClient\n\nTestClient(app).get('/')\n",
        "import smtplib\nfrom unittest.mock import create_autospec\n\nserver = create_autospec(smtplib.SMTP)\n",
        "store.requests.get('key')\n",
        "import asyncio\n\nasyncio.run(main())\n",
    ],
    reach.calls_no_native_code: ["import struct\n", "name = 'ctypes'\n"],
    reach.unpickles_nothing: [
        "import pickle\n\npickle.dumps(1)\n",
        "import json\n\njson.loads('1')\n",
        "import yaml\n\nyaml.safe_load('1')\n",
    ],
    reach.runs_no_code_from_data: [
        "assert eval('1 + 1') == 2\n",
        "from importlib import import_module\n\nimport_module('app.models')\n",
        "import re\n\nre.compile(pattern)\nmodel.eval()\ncursor.exec(x)\n",
        "import importlib\n\nimportlib.reload(module)\n",
    ],
    reach.stays_out_of_the_interpreter: ["assert thing.__class__.__name__ == 'Thing'\n", "text = '__globals__'\n"],
    files.writes_only_in_its_own_folder: [
        "def test_a(tmp_path):\n    (tmp_path / 'a').write_text('x')\n    open(tmp_path / 'a', 'w')\n",
        "def test_a(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    open('a.txt', 'w').close()\n",
        "open('/etc/hostname').read()\n",
        "from pathlib import Path\n\nPath('/etc/hostname').read_text()\n",
        "name = 'a'.replace('a', 'b')\n",
        "from datetime import datetime\n\ndatetime(2020, 1, 1).replace(year=2021)\n",
    ],
}
STOP = {
    reach.starts_no_program: [
        "import subprocess\n\nsubprocess.run(['ls'])\n",
        "import subprocess as sp\n\nsp.Popen('ls')\n",
        "from subprocess import check_output as go\n\ngo('ls')\n",
        "from subprocess import *\n",
        "import os\n\nos.system('ls')\n",
        "import os\n\nos.execvp('ls', ['ls'])\n",
        "import os\n\nrun = os.popen\n",
        "import os\n\ngetattr(os, 'sys' + 'tem')('ls')\n",
        "import os\n\nos.kill(1, 9)\n",
        "__import__('os').system('ls')\n",
        "import importlib\n\nimportlib.import_module('subprocess').run('ls')\n",
        "import importlib\n\nmodule = importlib.import_module('subprocess')\n",
        "import sys\n\nsys.modules['os'].system('ls')\n",
        "from app import tools\n\ntools.subprocess.run('ls')\n",
        "exec('import os; os.system(\"ls\")')\n",
        "import asyncio\n\nasyncio.create_subprocess_shell('ls')\n",
        "import pty\n\npty.spawn('sh')\n",
    ],
    reach.opens_no_connection: [
        "import socket\n\nsocket.socket()\n",
        "from socket import create_connection\n\ncreate_connection(('a', 1))\n",
        "import urllib.request\n\nurllib.request.urlopen('http://a')\n",
        "from http import client\n\nclient.HTTPConnection('a')\n",
        "import requests\n\nrequests.get('http://a')\n",
        "import smtplib\n\nsmtplib.SMTP('a')\n",
        "import asyncio\n\nasyncio.open_connection('a', 1)\n",
        "from app import mail\n\nmail.socket.socket()\n",
    ],
    reach.calls_no_native_code: [
        "import ctypes\n",
        "from ctypes import CDLL\n",
        "import ctypes.util\n",
        "__import__('ctypes').CDLL(None)\n",
    ],
    reach.unpickles_nothing: [
        "import pickle\n\npickle.loads(b'')\n",
        "from pickle import load\n\nload(file)\n",
        "import marshal\n\nmarshal.loads(b'')\n",
        "import yaml\n\nyaml.unsafe_load('')\n",
        "import shelve\n\nshelve.open('a')\n",
    ],
    reach.runs_no_code_from_data: [
        "eval(text)\n",
        "exec('a' + 'b')\n",
        "compile(text, 'a', 'exec')\n",
        "__import__(name)\n",
        "run = eval\n",
        "import builtins\n\nbuiltins.exec(text)\n",
        "from importlib import import_module\n\nimport_module(name)\n",
        "__builtins__['eval']\n",
        "import runpy\n\nrunpy.run_path('a.py')\n",
    ],
    reach.stays_out_of_the_interpreter: ["().__class__.__base__.__subclasses__()\n", "function.__globals__['os']\n"],
    files.writes_only_in_its_own_folder: [
        "open('/etc/passwd', 'w')\n",
        "open('notes.txt', mode='a')\n",
        "open('notes.txt', mode)\n",
        "open('~/.bashrc', 'x')\n",
        "def test_a(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    open('/etc/passwd', 'w')\n",
        "def test_a(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    open('../a', 'w')\n",
        "import io\n\nio.open('/a', 'r+')\n",
        "from pathlib import Path\n\nPath('/a').write_text('')\n",
        "from pathlib import Path\n\nPath('/a').open('w')\n",
        "import os\n\nos.remove('/a')\n",
        "import shutil\nfrom pathlib import Path\n\nshutil.rmtree(Path('/a'))\n",
        "import os\n\nos.rename(source, '/a')\n",
    ],
}


def judged(rule, text):
    return list(rule(Candidate("tests/test_a.py", text, Surroundings(), names_of(ast.parse(text)))))


def cases(table):
    return [
        pytest.param(rule, text, id=f"{rule.__name__}-{number}")
        for rule in table
        for number, text in enumerate(table[rule])
    ]


@pytest.mark.parametrize(("rule", "text"), cases(PASS))
def test_what_a_test_may_do_passes(rule, text):
    assert judged(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), cases(STOP))
def test_what_a_test_may_not_do_is_stopped(rule, text):
    assert judged(rule, text) != []


def test_a_violation_says_where_and_what():
    (violation,) = judged(reach.starts_no_program, "import os\n\n\nos.system('ls')\n")

    assert str(violation) == "tests/test_a.py:4: it starts another program: os.system"
    assert violation.rule == "no-programs"


def test_code_inside_a_literal_is_told_by_the_line_of_the_literal():
    (violation,) = judged(reach.starts_no_program, "x = 1\nexec('import os\\n\\nos.system(1)')\n")

    assert violation.line == 2
