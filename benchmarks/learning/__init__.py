"""Features that a small network learns, to match drawings with: an experiment beside the package.

`puppets` makes random figures of limbs. `examples` makes moving pairs of drawings, traced, whose true correspondence is
known. `network` turns the samples of two drawings into features. `matching` matches with them.
"""
