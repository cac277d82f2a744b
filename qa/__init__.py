"""Campaigns that look for faults, longer than the tests: ``qa.chaos``, ``qa.fuzz``, ``qa.matrix``. See README.md."""
