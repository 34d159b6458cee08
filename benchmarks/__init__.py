"""What the speed and quality claims rest on; each prints our figures and its peers'."""
