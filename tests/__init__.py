"""The promises of Keyfold, each as a test."""
