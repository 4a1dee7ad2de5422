"""One file per panel of the window. Each is made with the session and listens to nothing else."""
