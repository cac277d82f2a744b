"""How a result was made, as a record that it carries."""
