"""What the server tells of itself: measurements, the line per request, slow queries, and what a log may not hold."""
