"""What the server gives beside the graph."""
