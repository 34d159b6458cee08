def reasons_of(state): return ()
