"""What several suites stand on: logs of every kind, a fault proxy, histories and their judge."""
