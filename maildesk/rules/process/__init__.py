"""The way of a ticket: asking and answering, work and its limit, promises and what time does."""
