"""What makes proposals: one file a proposer, one Protocol (`core.model.Proposer`)."""
