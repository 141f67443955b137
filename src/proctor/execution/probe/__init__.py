"""What is injected into the project's interpreter: standard library only, Python 3.9 syntax, relative imports only.

Children see it as the package `proctor_probe`, which `launch.py` registers without touching their import path.
"""
