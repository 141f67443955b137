import pytest

from proctor.project.git_commands import refused_git

HARMLESS = [
    "git status",
    "git -C app log --oneline | head",
    "git diff HEAD~1 -- app",
    "git switch main",
    "git checkout -b topic",
    "git stash list",
    "git config --get user.name",
    "git commit -m 'git push comes later'",
    "git reset --soft HEAD~1",
    "python -m pytest -q",
    "",
]
REFUSED = {
    "git reset --hard": "git reset --hard: it throws away changes in files",
    "cd app && /usr/bin/git -C .. -c a=b clean -fd": "git clean -fd: it deletes untracked files",
    "git checkout -- app.py": "git checkout --: it overwrites files where it is given paths; use git switch",
    "git checkout app.py": "git checkout app.py: it overwrites files where it is given paths; use git switch",
    "echo $(git push)": "git push: it sends commits out",
    'echo "$(git push)"': "git push: it sends commits out",
    "echo `git push`": "git push: it sends commits out",
    "sh -c 'git push origin'": "git push origin: it sends commits out",
    "A=1 git gc": "git gc: it deletes objects that nothing points to yet",
    "git log | git branch -D old": "git branch -D: it deletes or moves branches",
    "git branch -vd old": "git branch -vd: it deletes or moves branches",
    "true;git restore .": "git restore .: it throws away changes in files",
    "git stash": "git stash: the stash belongs to the whole repository",
    "git config core.pager cat": "git config core.pager: the settings belong to the whole repository",
    "git commit --amend": "git commit --amend: it rewrites history",
    "find . | xargs git push": "git push: it sends commits out",
}


@pytest.mark.parametrize("command", HARMLESS)
def test_commands_that_lose_nothing_are_let_through(command):
    assert refused_git(command) is None


@pytest.mark.parametrize("command", REFUSED)
def test_a_destructive_command_is_refused_with_the_reason(command):
    assert refused_git(command) == REFUSED[command]
