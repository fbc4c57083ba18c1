"""The pages of data sources and emissions for people who are signed in."""
