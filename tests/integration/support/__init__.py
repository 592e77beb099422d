"""What the integration tests share: a strict client, the server as a process, a site to serve, and ways to wait."""
