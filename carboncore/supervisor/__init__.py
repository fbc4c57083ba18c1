"""Runs the whole of CarbonCore on one machine, for `scripts/run`: database, web server and job worker together."""
