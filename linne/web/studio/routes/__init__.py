"""Groups of the studio's routes: each file's `router` is served."""
