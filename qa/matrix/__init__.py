"""The tests on other Pythons and with other versions of packages."""
