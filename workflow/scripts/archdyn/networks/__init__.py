"""What the trainings and embeddings of several experiments share; all of it needs torch."""
