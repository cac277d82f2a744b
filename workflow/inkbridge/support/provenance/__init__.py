"""How a result was made, as a record that the result carries.

``git`` finds the versions of source and libraries, ``record`` makes records from them, ``carriers`` puts records into
files and reads them back, ``text`` shows them. Each module imports only those listed before it.
"""
