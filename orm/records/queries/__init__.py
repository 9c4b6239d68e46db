"""Questions about rows: what they say, which key answers them, what is sent, what comes back."""
