"""For `pip install .` and `-e .`; everything is said in setup.cfg."""

from setuptools import setup

setup()
