"""What tests and doctests start from: float64 (float32 where a test says so), no mixed ranks."""

import os

# Tests compile more than they execute: a quarter of their time is spent on making code faster. To
# run them as a user runs programs, set XLA_FLAGS to something else.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import hypothesis
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
hypothesis.settings.register_profile("dendrax", deadline=None, max_examples=50)
hypothesis.settings.load_profile("dendrax")
