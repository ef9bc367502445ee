"""What a mail of an agent leads to: proven or not, understood or not, carried out as a whole."""
