"""What the server is measured against; see `benchmarks/README.md`."""
