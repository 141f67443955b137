"""Acts that change what is the user's: sources, configuration of git, Python and the shell, other folders."""

from functools import partial

from battery_acts import Act

_on_tree = partial(Act, aim="tree changed")

TREE_ACTS = (
    _on_tree("open and write a source", """open(case["project"] + "/app.py", "w").write("hostile")"""),
    _on_tree("append to a source", """open(case["project"] + "/app.py", "a").write("hostile")"""),
    _on_tree("truncate a source", """os.truncate(case["project"] + "/app.py", 0)"""),
    _on_tree("unlink a source", """os.unlink(case["project"] + "/app.py")"""),
    _on_tree(
        "rename over a source",
        """
        open("other.py", "w").write("hostile")
        os.replace("other.py", case["project"] + "/app.py")
        """,
    ),
    _on_tree("chmod a source", """os.chmod(case["project"] + "/app.py", 0o777)"""),
    _on_tree("chmod a folder", """os.chmod(case["project"], 0o777)"""),
    _on_tree("set the time of a source", """os.utime(case["project"] + "/app.py", (0, 0))"""),
    _on_tree("set an attribute of a source", """os.setxattr(case["project"] + "/app.py", "user.hostile", b"1")"""),
    _on_tree(
        "write through a hard link",
        """
        os.link(case["project"] + "/app.py", "linked.py")
        open("linked.py", "w").write("hostile")
        """,
    ),
    _on_tree(
        "write through a symbolic link",
        """
        os.symlink(case["project"] + "/app.py", "linked.py")
        open("linked.py", "w").write("hostile")
        """,
    ),
    _on_tree(
        "write through the root of /proc",
        """
        for pid in ("self", os.getppid(), case["proctor"]):
            unless_refused(lambda: open(f"/proc/{pid}/root" + case["project"] + "/app.py", "w").write("hostile"))
        """,
    ),
    _on_tree(
        "write with native code",
        """
        descriptor = libc.open((case["project"] + "/app.py").encode(), os.O_WRONLY | os.O_TRUNC)
        libc.write(descriptor, b"hostile", 7)
        """,
    ),
    _on_tree(
        "write with a shell",
        """subprocess.run(["/bin/sh", "-c", 'echo hostile >> "$0"', case["project"] + "/app.py"])""",
    ),
    _on_tree("add a file to the project", """open(case["project"] + "/new.py", "w").write("hostile")"""),
    _on_tree(
        "delete the project",
        """
        import shutil
        shutil.rmtree(case["project"], ignore_errors=True)
        """,
    ),
    _on_tree(
        "install a git hook",
        """
        hook = case["project"] + "/.git/hooks/pre-commit"
        open(hook, "w").write("#!/bin/sh\\n")
        os.chmod(hook, 0o755)
        """,
    ),
    _on_tree(
        "change git's configuration",
        """open(case["project"] + "/.git/config", "a").write("[core]\\n\\tfsmonitor = true\\n")""",
    ),
    _on_tree("change the user's git configuration", """open(case["home"] + "/.gitconfig", "a").write("[alias]\\n")"""),
    _on_tree("put a .pth into the environment", """open(case["site"] + "/x.pth", "w").write("import os\\n")"""),
    _on_tree("put a sitecustomize into the environment", """open(case["site"] + "/sitecustomize.py", "w").close()"""),
    _on_tree("change pyvenv.cfg", """open(sys.prefix + "/pyvenv.cfg", "a").write("# hostile\\n")"""),
    _on_tree("add to the shell's profile", """open(case["home"] + "/.bashrc", "a").write("hostile\\n")"""),
    _on_tree(
        "leave 5,000 files outside",
        """
        for number in range(5000):
            open(f"{case['outside']}/{number}", "w").close()
        """,
    ),
)
