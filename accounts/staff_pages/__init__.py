"""Pages of the staff admin that are about who works there: signing in, factors, passwords, invitations."""
