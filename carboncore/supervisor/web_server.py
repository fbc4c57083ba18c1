"""With which options granian serves CarbonCore; docs/operations.md tells the same to whoever runs it otherwise."""

# Threads wait for the database and for bodies more than they reckon: 24 of them may receive bodies
# (`carboncore.common.body_gate`), and the others go on answering.
WSGI = ["--interface", "wsgi", "--blocking-threads", "32"]
OPTIONS = [
    *("--http", "1", "--no-ws", "--workers", "2", "--workers-kill-timeout", "10"),
    # Headers have to be there within ten seconds and 64 kB; a hundred of them is granian's own limit.
    *("--http1-header-read-timeout", "10000", "--http1-buffer-size", "65536"),
]
