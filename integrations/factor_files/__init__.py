"""Files of emission factors: the project's own compact ones, and the official flat file of the UK government."""
