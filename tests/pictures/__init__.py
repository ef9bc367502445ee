"""Pictures for docs/: stories are played in a box, and what people see of them is pictured."""
