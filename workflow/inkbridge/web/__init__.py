"""Pages.

In: animations, tables and plots. Out: the gallery and the page of the reports."""
