import gc

from floor.factory import create_app

app = create_app()

# What is loaded now stays: a full collection would walk it all, a third of a second in the middle of somebody's scan.
gc.collect()
gc.freeze()
