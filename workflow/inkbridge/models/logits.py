"""Logits of ink, and how they are enlarged."""

STEEPEST_LOGIT = 5.0
"""Logits are softly limited to this before they are enlarged: those of paper reach −200, and the negative lobes of the
cubic would carry that across an edge and make it wobble with the 64-pixel grid."""
