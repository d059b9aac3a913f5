"""Documents of strangers: what a file truly is, its versions, and which ones a step asks for."""
